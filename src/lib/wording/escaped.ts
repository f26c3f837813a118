/** Text from outside as text that neither controls a terminal nor misleads a reader. */

/** Characters that JSON does not escape and that can control a terminal or mislead a reader. */
const CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The same, and those that JSON escapes. */
// eslint-disable-next-line no-control-regex -- they are what is removed
const ALL_CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

const escapeOf = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The same JSON with such characters escaped. */
export const escapedJson = (json: string): string => json.replace(CONTROLS, escapeOf);

/** A text on one line, with such characters and line breaks as escapes. */
export const escapedText = (text: string): string =>
  text.replace(ALL_CONTROLS, (one) => (one === '\n' ? '\\n' : one === '\t' ? '\\t' : escapeOf(one)));
