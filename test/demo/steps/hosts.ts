/** The state of the servers. */
import { block, blockWidth } from '../print/page.ts';
import { took } from '../print/short.ts';
import { bad, good } from '../print/style.ts';
import { table } from '../print/table.ts';
import { itemsOf, type Step } from '../step.ts';
import { PLANTS } from '../harness.ts';

interface HostItem {
  name: string;
  url: string;
  state: string;
  version: string | null;
  latencyMs: number | null;
}

export const hosts: Step = {
  title: 'The servers behind the driver',
  about: 'Asked at this moment, not remembered.',
  async run({ harness, checks, ask }) {
    const asked = await ask({ function: 'hosts' });
    const items = itemsOf<HostItem>(asked);
    const columns = [
      { title: 'host' },
      { title: 'state', style: (cell: string) => (cell.startsWith('up') ? good(cell) : bad(cell)) },
      { title: 'address' },
      { title: 'version', least: 12 },
      { title: 'one call', align: 'right' as const },
    ];
    const rows = items.map(({ name, state, url, version, latencyMs }) => [
      name,
      state,
      url,
      version ?? '—',
      latencyMs === null ? '—' : took(latencyMs),
    ]);
    block([...table(columns, rows, blockWidth()), '']);
    checks.same(
      'both plants are up, at the addresses where they were started',
      items,
      PLANTS.map((name) => ({ name, state: 'up', url: harness.plant(name).url })),
    );
  },
};
