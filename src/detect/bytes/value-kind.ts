// What the bytes of a value are; `bytes are the text` decides whether a scan of bytes says all. The numbers are those of
// assembly/tokenizer.ts. Two kinds nobody asks for here, since everything but the kinds below is read the same way:
// 3, text with characters beyond ASCII (the bytes are the escaped text, and letter case is not that of ASCII), and
// 4, text with `\u` or `\/`, or with a letter that folds to ASCII (Kelvin sign, long s): bytes say nothing.

export const MISSING = 0;
/** ASCII text without escapes: the bytes are the text. */
export const PLAIN = 1;
/** ASCII text with the escapes that JSON.stringify writes (`\\ \" \n \r \t \b \f`): the bytes are the escaped text. */
export const ESCAPED = 2;
/** An integer, true or false: the bytes are the text. */
export const INTEGER = 5;
export const BOOLEAN = 6;
/** Any other number: the text is that of its value. */
export const REAL = 7;
export const NULL = 8;
/** Array or object, with its brackets. */
export const NESTED = 9;
