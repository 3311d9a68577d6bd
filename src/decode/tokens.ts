const TOKEN = /"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)/gs;

/** Words, `"quoted text"` and `[bracketed text]` of a log line, without their marks. Linear. */
export function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  for (const [, quoted, bracketed, word] of text.matchAll(TOKEN)) tokens.push(quoted ?? bracketed ?? (word as string));
  return tokens;
}
