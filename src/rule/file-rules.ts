import { isList, isMap, type SourceDocument } from './document.ts';
import type { ExceptionDraft } from './exception/index.ts';
import type { Draft, LoadContext } from './front-end.ts';
import { frontEnds } from './front-ends.ts';
import { isContextLines } from './ndjson.ts';
import type { Problem } from './problem.ts';
import { reporter } from './reporter.ts';
import { type RuleFile, readDocuments } from './yaml.ts';

type ReadDocuments = ReturnType<typeof readDocuments>;

/** What one file alone says: its rules as far as they are known without the others, and its problems. */
export type FileRules = {
  readonly path: string;
  readonly drafts: readonly Draft[];
  /** Of documents with errors, to tell what else is wrong. */
  readonly faulty: readonly Draft[];
  readonly shared: readonly { readonly kind: string; readonly document: SourceDocument }[];
  readonly exceptions: readonly ExceptionDraft[];
  readonly problems: readonly Problem[];
  /** Ids and names of documents that were left out because of their errors. */
  readonly broken: readonly string[];
  /** No problem of the file alone is an error. */
  readonly sound: boolean;
};

/** The first pass over one file; what it gives depends on nothing else, so it is kept while the file does not change. */
export function readFileRules(file: RuleFile, context: LoadContext): FileRules {
  return compileDocuments(file.path, readDocuments(file), context);
}

/** The same from what its YAML or JSON already became. */
export function compileDocuments(path: string, { documents, problems: unread }: ReadDocuments, context: LoadContext): FileRules {
  const problems = [...unread];
  const drafts: Draft[] = [];
  const faulty: Draft[] = [];
  const shared: { kind: string; document: SourceDocument }[] = [];
  const exceptions: ExceptionDraft[] = [];
  const broken: string[] = [];
  for (const document of documents) {
    const sound = readOne(document, context, problems, { drafts, faulty, shared, exceptions });
    if (!sound && isMap(document.value))
      broken.push(...[document.value['id'], document.value['name']].filter((name) => typeof name === 'string'));
  }
  // An emptied file would else take its rules away without a word.
  if (problems.length === 0 && !isContextLines(path) && documents.every(({ value }) => value === null)) {
    const place = { file: path, line: 1, column: 1 };
    const message = 'the file holds no rule; write one, or remove the file';
    problems.push({ place, severity: 'error', code: 'rule/empty', path: [], message });
  }
  return { path, drafts, faulty, shared, exceptions, problems, broken, sound: !hasErrors(problems) };
}

const hasErrors = (problems: readonly Problem[]): boolean => problems.some(({ severity }) => severity === 'error');

/** False: the document has errors and is left out. */
function readOne(
  document: SourceDocument,
  context: LoadContext,
  problems: Problem[],
  into: {
    readonly drafts: Draft[];
    readonly faulty: Draft[];
    readonly shared: { kind: string; document: SourceDocument }[];
    readonly exceptions: ExceptionDraft[];
  },
): boolean {
  // `---` at the end of a file opens a document that says nothing.
  if (document.value === null) return true;
  const report = reporter(document, problems);
  const frontEnd = frontEnds.find(({ recognizes }) => recognizes(document.value));
  if (frontEnd === undefined) {
    report.error(
      [],
      'rule/unknown-kind',
      isList(document.value)
        ? 'a list is no rule; write one rule in a file, or several YAML documents with --- between them'
        : 'this is no rule: neither detection nor correlation, anomaly, filter, conditions or policy',
    );
    return false;
  }
  const read = frontEnd.read(document, report, context);
  if (report.failed()) {
    if (Array.isArray(read)) into.faulty.push(...(read as readonly Draft[]).filter(({ tellsAll }) => tellsAll));
    return false;
  }
  if ('shares' in read) into.shared.push({ kind: read.shares, document });
  else if ('exceptions' in read) into.exceptions.push(...read.exceptions);
  else into.drafts.push(...read);
  return true;
}
