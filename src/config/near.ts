/**
 * The known name that was probably meant by a misspelt one, or undefined. Letter case and `-`/`_` do not count; of the
 * rest about one slip in three letters is forgiven.
 */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
  const wanted = plain(given).slice(0, 64);
  let best: { name: string; slips: number } | undefined;
  for (const name of known) {
    const slips = slipsBetween(wanted, plain(name));
    if (slips <= Math.max(1, Math.floor(name.length / 3)) && (!best || slips < best.slips)) best = { name, slips };
  }
  return best?.name;
}

/** "; did you mean x?" or nothing, to end a sentence about an unknown name. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** Edit distance with swaps of neighbours (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let slips = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      }
      next.push(slips);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
