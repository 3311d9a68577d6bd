import type { Plain, SourceDocument } from './document.ts';
import type { ExceptionDraft } from './exception/index.ts';
import type { Rule, RuleId } from './ir/rule.ts';
import type { ProblemReporter } from './problem.ts';

/** Settings of the ruleset that rules may refer to. */
export type LoadContext = {
  /** Values of `%name%` for `|expand`. */
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
  /** Names that fields of events have, to tell of one that is nearly such a name; undefined: nothing is told. */
  readonly fields?: ReadonlySet<string>;
  /** Names of log sources that there are, to tell of one that is nearly such a name; undefined: nothing is told. */
  readonly logsources?: KnownLogsources;
};

export type KnownLogsources = Readonly<Record<'category' | 'product' | 'service', ReadonlySet<string>>>;

/** A document read so far. */
export type Draft = {
  readonly document: SourceDocument;
  /** Names by which other rules may refer to this one, with the id first. */
  readonly names: readonly string[];
  readonly kind: 'detection' | 'correlation';
  /** Second pass, when every document of every file is known. Returns the rules, or nothing after reporting why. */
  readonly finish: (references: References, report: ProblemReporter) => readonly Rule[];
  /** `finish` is asked for its problems also where the document has errors already, so that all are told at once. */
  readonly tellsAll?: true;
  /** Of other documents, `finish` asks about filters alone, and it reports nothing. */
  readonly alone?: true;
};

/** What the second pass may ask about other documents. */
export type References = {
  /** The id behind an id or name; undefined = there is none. */
  readonly idOf: (reference: string) => RuleId | undefined;
  /** Every id and name, for "did you mean". */
  readonly all: () => Iterable<string>;
  /** Which kind of rule an id is. */
  readonly kindOf: (id: RuleId) => 'detection' | 'correlation' | undefined;
  /** Documents of another kind that a front end shares between files (filters, named conditions). */
  readonly shared: (kind: string) => readonly SourceDocument[];
  /** Is it the id or name of a document that was left out because of its errors? */
  readonly isBroken: (reference: string) => boolean;
};

/** One rule language: a document is its own if it says so by content, never by folder. */
export type FrontEnd = {
  readonly name: string;
  readonly recognizes: (value: Plain) => boolean;
  /**
   * First pass over one document: reports what is wrong, returns what it defines. A document that defines no rule but is
   * shared with others (a filter) returns its kind; an exception comes as its draft.
   */
  readonly read: (
    document: SourceDocument,
    report: ProblemReporter,
    context: LoadContext,
  ) => readonly Draft[] | { readonly shares: string } | { readonly exceptions: readonly ExceptionDraft[] };
};
