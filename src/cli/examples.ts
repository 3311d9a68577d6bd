import type { Command } from 'commander';

/** Examples of every command, by its words; shown below its help. A test holds them against the flags that there are. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  run: ['wardline run', 'wardline run --once --fail-on high', 'wardline run -c /etc/wardline/wardline.yaml --roles ingest,correlate'],
  demo: ['wardline demo', 'wardline demo --out /tmp/wardline'],
  init: ['wardline init demo', 'wardline init . --kafka --force'],
  new: [
    'wardline new sigma okta_admin_granted --title "Okta administrator granted"',
    'wardline new correlation many_denials',
    'wardline new anomaly bytes_out --type seasonal --metric sum',
    'wardline new exception vpn_egress',
  ],
  check: ['wardline check', 'wardline check rules/sigma -c wardline.yaml --strict', 'wardline check -o sarif > check.sarif'],
  fmt: ['wardline fmt', 'wardline fmt --check rules wardline.yaml'],
  test: [
    'wardline test',
    'wardline test rules/anomaly --filter "*rare*" --properties full --seed 7',
    'wardline test --min-cases 2 --coverage -o junit > report.xml',
  ],
  explain: [
    'wardline explain ssh_brute_force',
    'wardline explain ssh_brute_force --events day.log --group source.ip=203.0.113.9',
    'wardline explain aws_root_activity --event event.json',
    'wardline explain --alert mzq4c7 --store wardline.db',
  ],
  replay: [
    'wardline replay logs/ --since 2026-11-01 --until 2026-11-08',
    'wardline replay source:okta -c wardline.yaml --compare old-rules',
    'wardline replay kafka://localhost:9092/logs --expect expected.yml -o junit',
    'wardline replay "elasticsearch+https://localhost:9200/logs-*" -o ndjson',
  ],
  coverage: ['wardline coverage --navigator layer.json', 'wardline coverage -c wardline.yaml --compare last-month.json'],
  'rules list': ['wardline rules list --level high', 'wardline rules list --tag "attack.t1110*" -o json'],
  'rules show': ['wardline rules show ssh_brute_force'],
  'rules diff': ['wardline rules diff ../main/rules rules', 'wardline rules diff --live --store wardline.db'],
  'rules promote': ['wardline rules promote ssh_brute_force_v2', 'wardline rules promote ssh_brute_force_v2 --max-new 5 --dry-run'],
  'pack sign': ['wardline pack sign rules --key mine.key'],
  'pack verify': ['wardline pack verify rules --key mine.pub'],
  parse: ['wardline parse /var/log/auth.log --limit 5', 'wardline parse events.ndjson --rules rules -o json'],
  'alerts list': ['wardline alerts list --level high --status open', 'wardline alerts --store wardline-out/wardline.db -o json'],
  'alerts show': ['wardline alerts show mzq4c7'],
  'alerts ack': ['wardline alerts ack mzq4c7 --comment "on it"'],
  'alerts disposition': ['wardline alerts disposition mzq4c7 false_positive --comment "the scanner"'],
  'alerts comment': ['wardline alerts comment mzq4c7 "asked the owner"'],
  'alerts close': ['wardline alerts close mzq4c7 --disposition true_positive'],
  'dead-letters list': ['wardline dead-letters', 'wardline dead-letters list -o json'],
  'dead-letters replay': ['wardline dead-letters replay'],
  'source reset': ['wardline source reset logs --topic orders --reason "topic made anew"'],
  'deliver status': ['wardline deliver status'],
  'deliver list': ['wardline deliver list'],
  'deliver replay': ['wardline deliver replay soc'],
  'deliver enable': ['wardline deliver enable soc'],
  'route test': ['wardline route test --alert alert.json'],
  notifications: ['wardline notifications'],
  'silence add': ['wardline silence add severity=low --duration 2h --comment "planned work"'],
  'silence list': ['wardline silence list'],
  'silence expire': ['wardline silence expire 3f2a'],
  risk: ['wardline risk', 'wardline risk -o json'],
  'policy explain': ['wardline policy explain accesses.ndjson --limit 5'],
  'policy replay': ['wardline policy replay accesses.ndjson --compare new-policies'],
  'policy learn': ['wardline policy learn accesses.ndjson --min-days 7 --out proposed.yml'],
  'anomaly explain': ['wardline anomaly explain network_bytes_out_seasonal traffic.ndjson --as svg > chart.svg'],
  'report compliance': ['wardline report compliance --from 2026-11-01 --to 2026-12-01 --as html,json --out november'],
  'report run': ['wardline report run'],
  'report exceptions': ['wardline report exceptions'],
  'report packs': ['wardline report packs'],
  'evidence keygen': ['wardline evidence keygen --out mine'],
  'evidence export': ['wardline evidence export --key mine.key --from 2026-11-01 --to 2026-12-01 --out november.tar'],
  'evidence attest': ['wardline evidence attest au-6-review --for 7d --note "reviewed in the weekly meeting"'],
  'evidence verify': ['wardline evidence verify november.tar --key mine.pub'],
  receive: ['wardline receive', 'wardline receive --answer 503'],
  'token add': ['wardline token add anna'],
  'token list': ['wardline token list'],
  'token revoke': ['wardline token revoke anna'],
  schema: ['wardline schema sigma > sigma.schema.json'],
  'config show': ['wardline config show', 'wardline config show -c /etc/wardline/wardline.yaml -o json'],
  doctor: ['wardline doctor', 'wardline doctor -c /etc/wardline/wardline.yaml -o json'],
  completion: [
    'wardline completion bash > /etc/bash_completion.d/wardline',
    'wardline completion fish > ~/.config/fish/completions/wardline.fish',
  ],
};

/** Commands that do something themselves, by their words. */
export function leavesOf(command: Command, path: readonly string[] = []): readonly { readonly path: string; readonly command: Command }[] {
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((one) => leavesOf(one, [...path, one.name()]));
}

/** Puts the examples below the help of every command. */
export function showExamples(program: Command): void {
  for (const { path, command } of leavesOf(program)) {
    const lines = EXAMPLES[path];
    if (lines !== undefined)
      command.addHelpText('after', `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}
