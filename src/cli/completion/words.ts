/** The words of a command line as bash reads them. */

/** The words before the cursor, without quotes. The last one is that at the cursor, possibly empty. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  /** Whether a word has begun, which may be empty in quotes. */
  let isOpen = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote === "'") {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '\\' && (quote === '' || /["\\$`]/.test(line.charAt(at + 1)))) {
      word += line.charAt(++at);
    } else if (character === quote) quote = '';
    else if (quote === '' && /["']/.test(character)) quote = character;
    else if (quote === '' && /\s/.test(character)) {
      // Several blanks are one.
      if (isOpen) words.push(word);
      word = '';
      isOpen = false;
      continue;
    } else word += character;
    isOpen = true;
  }
  return [...words, word];
}
