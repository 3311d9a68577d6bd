/** What the bytes of a value are; `bytes are the text` decides whether a scan of bytes says all. */
export const MISSING = 0;
/** ASCII text without escapes: the bytes are the text. */
export const PLAIN = 1;
/** ASCII text with the escapes that JSON.stringify writes (`\\ \" \n \r \t \b \f`): the bytes are the escaped text. */
export const ESCAPED = 2;
/** The same with other characters: the bytes are the escaped text, and letter case is not that of ASCII. */
export const WIDE = 3;
// Text with `\u` or `\/`, or with a letter that folds to ASCII (Kelvin sign, long s): bytes say nothing.
// That is 4, which nobody asks for: it goes the way of everything that bytes do not say.
/** An integer, true or false: the bytes are the text. */
export const INTEGER = 5;
export const BOOLEAN = 6;
/** Any other number: the text is that of its value. */
export const REAL = 7;
export const NULL = 8;
/** Array or object, with its brackets. */
export const NESTED = 9;
