/** One search over both plants. */
import { tags } from '../expected.ts';
import { block, blockWidth, paragraph, say } from '../print/page.ts';
import { table } from '../print/table.ts';
import { itemsOf, type Step } from '../step.ts';
import { PLANTS } from '../harness.ts';

interface TagItem {
  fqn: string;
  name: string;
  path: string[];
  unit?: string;
  kind: string;
}

export const search: Step = {
  title: 'A search over both plants',
  about: 'Without "host" a request goes to every server. The hits come back as one list, in order of their names.',
  async run({ harness, checks, ask }) {
    const asked = await ask({ function: 'tagsearch', params: { query: 'Temperature*', limit: 200 } });
    const items = itemsOf<TagItem>(asked);
    const shown = samplesOf(items);
    const columns = [
      { title: 'plant' },
      { title: 'tag', least: 12 },
      { title: 'kind' },
      { title: 'unit' },
      { title: 'where', least: 12 },
    ];
    const rows = shown.map(({ fqn, name, path, unit, kind }) => [
      hostOf(fqn),
      name,
      kind,
      unit ?? '',
      path.join(' › '),
    ]);
    block(table(columns, rows, blockWidth()));
    paragraph(`and ${items.length - shown.length} more`);
    say();

    const expected = PLANTS.flatMap((host) => tags(harness.truth[host], 'Temperature'));
    checks.same(
      `the ${expected.length} hits are what the plants hold: name, kind, place, unit and FQN of each`,
      items.toSorted(byFqn),
      expected.toSorted(byFqn),
    );
    checks.same(
      'they come in order of their names',
      items.map(({ name }) => name),
      items.map(({ name }) => name).toSorted(),
    );
    checks.same('the answer tells their number', asked.answer.meta, { total: expected.length });
  },
};

/** The first hit of each name in each plant. */
function samplesOf(items: readonly TagItem[]): TagItem[] {
  const seen = new Set<string>();
  return items.filter(({ fqn, name }) => {
    const key = `${hostOf(fqn)} ${name}`;
    return !seen.has(key) && seen.add(key);
  });
}

const hostOf = (fqn: string): string => fqn.slice(fqn.indexOf(':') + 1, fqn.indexOf('/'));
const byFqn = (a: { fqn: string }, b: { fqn: string }): number => (a.fqn < b.fqn ? -1 : 1);
