import { Argument, type Command } from 'commander';
import type { Register } from './command.ts';
import { EXIT } from './exit-codes.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** A command by its words, with what may follow them. */
type Words = { readonly path: string; readonly description: string; readonly next: readonly string[]; readonly values: readonly Value[] };
/** A flag that takes a value, and the values there are; none: a file or a text. */
type Value = { readonly flag: string; readonly choices: readonly string[] };

function wordsOf(command: Command, path: readonly string[] = []): readonly Words[] {
  const inner = command.commands.flatMap((one) => [one.name(), ...one.aliases()].flatMap((name) => wordsOf(one, [...path, name])));
  const flags = command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined && flag !== null));
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return [
    {
      path: path.join(' '),
      description: command.description(),
      values: command.options
        .filter(({ required }) => required)
        .flatMap(({ long, short, argChoices = [] }) => [long, short].flatMap((flag) => (flag ? [{ flag, choices: argChoices }] : []))),
      next: [...command.commands.flatMap((one) => [one.name(), ...one.aliases()]), ...choices, ...flags, '--help'],
    },
    ...inner,
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The words so far, without flags, are looked up; what may follow is offered, else files. */
const bash = (words: readonly Words[]): string => `# wardline completion bash > /etc/bash_completion.d/wardline
_wardline() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case "$path" in
${words.map(({ path, next }) => `      ${quoted(path)}) next=${quoted(next.join(' '))}; break ;;`).join('\n')}
      *' '*) path="\${path% *}" ;;
      *) path="" ;;
    esac
  done
  case "$path|\${COMP_WORDS[COMP_CWORD-1]}" in
${words
  .flatMap(({ path, values }) =>
    values.map(({ flag, choices }) => `    ${quoted(`${path}|${flag}`)}) next=${quoted(choices.join(' '))} ;;`),
  )
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "$cur"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _wardline wardline
`;

const zsh = (words: readonly Words[]): string => `#compdef wardline
# wardline completion zsh > "\${fpath[1]}/_wardline"
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;

const fish = (words: readonly Words[]): string => {
  const lines = [
    '# wardline completion fish > ~/.config/fish/completions/wardline.fish',
    'complete -c wardline -f -n "test (count (commandline -opc)) -gt 99"',
  ];
  for (const { path, next, values } of words) {
    const given = path === '' ? [] : path.split(' ');
    const when = [
      ...given.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(given.length === 0 ? ['__fish_use_subcommand'] : []),
    ].join('; and ');
    for (const word of next) {
      const [flag, text] = word.startsWith('--')
        ? [`-l ${word.slice(2)}`, '']
        : word.startsWith('-')
          ? [`-s ${word.slice(1)}`, '']
          : [`-a ${quoted(word)}`, words.find((one) => one.path === [...given, word].join(' '))?.description ?? ''];
      const choices = values.find((one) => one.flag === word)?.choices ?? [];
      const taken = choices.length === 0 ? '' : ` -x -a ${quoted(choices.join(' '))}`;
      lines.push(`complete -c wardline -n ${quoted(when)} ${flag}${taken}${text === '' ? '' : ` -d ${quoted(text)}`}`);
    }
  }
  return `${lines.join('\n')}\n`;
};

export const registerCompletion: Register = (program, { io, done }) => {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .description('print a completion script for a shell')
    .action((shell: Shell) => {
      const words = wordsOf(program);
      io.out(shell === 'bash' ? bash(words) : shell === 'zsh' ? zsh(words) : fish(words));
      done(EXIT.ok);
    });
};
