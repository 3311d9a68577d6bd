/** Doubts about how a record was read. A closed list: each is counted, documented, and can be asked for by rules. */
export const READ_TAGS = ['invalid_utf8', 'duplicate_key', 'number_range', 'truncated'] as const;
export type ReadTag = (typeof READ_TAGS)[number];

/** Where rules and documents have the tags of an event. */
export const TAGS_FIELD = 'wardline.parse.tags';

/** Patterns of rules see this many characters of one text; the same is kept of the original. A longer one is `truncated`. */
export const SEEN_CHARACTERS = 65_536;
