/** The smallest source that is worth having: it finds its few signals and knows their values of now, and nothing else. */
import { DriverError } from '../../../../src/contract/errors.ts';
import type { Fqn } from '../../../../src/contract/fqn.ts';
import { formatInstant, type Nanoseconds } from '../../../../src/contract/time/instant.ts';
import type { Point } from '../../../../src/contract/values.ts';
import type {
  Finder,
  SearchPage,
  SearchQuery,
  SnapshotReader,
  Source,
  SourceCall,
  SourceStatus,
} from '../../../../src/sources/source.ts';

/** Values by the id and name of their signal. */
export type ToyValues = Readonly<Record<string, number>>;

export class ToySource implements Source, Finder<'signal' | 'scalar'>, SnapshotReader {
  readonly scheme = 'toy';
  readonly name: string;
  readonly url = 'toy-box';
  readonly abilities = { search: this, snapshot: this };
  readonly #values: ToyValues;

  constructor(name: string, values: ToyValues) {
    this.name = name;
    this.#values = values;
  }

  async probe(): Promise<SourceStatus> {
    return { state: 'up', version: '1', latencyMs: 0 };
  }

  search({ kind, offset, limit }: SearchQuery, call: SourceCall): Promise<SearchPage> {
    return call.run(async () => {
      const names = kind === 'signal' ? Object.keys(this.#values).sort() : [];
      const found = names.slice(offset, offset + limit).map((id) => ({ id, name: id, path: [], hasChildren: false }));
      return { found, total: names.length, more: offset + found.length < names.length };
    });
  }

  snapshot({ id }: Fqn, time: Nanoseconds, call: SourceCall): Promise<Point> {
    return call.run(async () => {
      const value = this.#values[id];
      if (value === undefined) throw new DriverError('notFound', `Toy box "${this.name}" has no ${id}.`);
      return { value, time: formatInstant(time), status: 'Good' };
    });
  }

  async close(): Promise<void> {
    // There is no connection.
  }
}
