const MAX_COMBINATIONS = 4096;

/** Texts a value stands for after `%name%` is filled in; `\%` is a literal percent sign. */
export type Expanded = { readonly texts: readonly string[] } | { readonly problem: string };

/** Replaces placeholders by their configured values: a list means any of them, several mean every combination. */
export function expandPlaceholders(text: string, values: Readonly<Record<string, readonly string[]>>): Expanded {
  let texts: string[] = [''];
  const literal = text.split(/((?:\\%)|%[^%]+%)/);
  for (const part of literal) {
    if (part === '\\%') texts = texts.map((done) => `${done}%`);
    else if (part.length > 2 && part.startsWith('%') && part.endsWith('%')) {
      const name = part.slice(1, -1);
      const known = Object.hasOwn(values, name) ? values[name] : undefined;
      if (known === undefined || known.length === 0)
        return { problem: `the placeholder %${name}% has no value; set it under "placeholders" in the settings` };
      if (texts.length * known.length > MAX_COMBINATIONS)
        return { problem: `more than ${MAX_COMBINATIONS} combinations of placeholder values` };
      texts = texts.flatMap((done) => known.map((value) => done + value));
    } else texts = texts.map((done) => done + part);
  }
  return { texts };
}
