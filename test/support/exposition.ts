/** Reads the text format of Prometheus. */

/** The samples by name with labels, as written: `requests_total{function="tagsearch",code="ok"}`. */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    const key = line.slice(0, at);
    if (samples.has(key)) throw new Error(`The sample ${key} is there twice.`);
    samples.set(key, Number(line.slice(at + 1)));
  }
  return samples;
}
