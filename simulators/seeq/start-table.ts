/** What a person sees when the simulator starts: where it is, who may log in, what is in the plant. */
import { DIRECTORIES, type Account } from './http/sessions.ts';
import type { Plant } from './plant/plant.ts';

interface Started {
  readonly url: string;
  readonly controlUrl: string | null;
  readonly plant: Plant;
}

export function startTable(simulator: Started, version: string, accounts: readonly Account[]): string {
  const { plant } = simulator;
  const counts = new Map<string, number>();
  for (const item of plant.items.values()) counts.set(item.type, (counts.get(item.type) ?? 0) + 1);
  const rows: [string, string][] = [
    ['API', `${simulator.url}/api`],
    ['control', simulator.controlUrl ?? 'off'],
    ['version', `${version} (simulated; an independent stand-in, not a product of Seeq)`],
    ['plant', plant.name],
    ...accounts.map((account): [string, string] => [
      account.kind === 'user' ? 'user' : 'access key',
      `${account.name} at ${account.directory ?? DIRECTORIES[0].name}`,
    ]),
    ...plant.roots().map((root): [string, string] => ['tree', `${root.name} (${plant.below(root).size} items)`]),
    ...[...counts].map(([type, count]): [string, string] => [type, String(count)]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}\n`;
}
