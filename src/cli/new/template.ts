/** What a new rule and its cases are made of; `NAME`, `TITLE`, `EVENT_TITLE`, `STARTS` and `EXPIRES` are replaced. */
export type Template = { readonly folder: string; readonly ending: string; readonly rule: string; readonly cases?: string };
