import type { Problem } from '../lib/problem.ts';
import { object } from './raw.ts';

/**
 * A problem for each connection of a list with the name of an earlier one. The name is part of every FQN, so two
 * connections with one name would be ambiguous.
 * @param path location of the list, for example `settings.servers`
 */
export function sameNames(path: string, connections: unknown): Problem[] {
  if (!Array.isArray(connections)) return [];
  const first = new Map<string, number>();
  return connections.flatMap((connection: unknown, index) => {
    const { name: given } = object(connection);
    if (typeof given !== 'string') return [];
    const name = given.normalize('NFC').toLowerCase();
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `is the same name as ${path}[${other}].name (letter case does not count)`;
    return [{ path: `${path}[${index}].name`, message }];
  });
}
