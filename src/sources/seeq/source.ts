/** A Seeq server as a source of the driver. */
import { constantColumns } from '../../contract/constant.ts';
import type { Boundary } from '../../contract/functions/data.ts';
import { DriverError } from '../../contract/errors.ts';
import { type Fqn, formatFqn } from '../../contract/fqn.ts';
import type { Nanoseconds } from '../../contract/time/instant.ts';
import { limited, type LimitedLog, type Logger } from '../../contract/log.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import type { Point } from '../../contract/values.ts';
import type { Clock } from '../../lib/clock.ts';
import { answerOf } from '../../net/json-fields.ts';
import { isTlsProblem } from '../../net/network-errors.ts';
import type {
  CallRecovery,
  Children,
  Described,
  ItemProperties,
  Reduction,
  ReductionSize,
  SamplePage,
  SearchPage,
  SearchQuery,
  SeriesShape,
  Source,
  SourceAbilities,
  SourceCall,
  SourceStatus,
  Timeframe,
  TimeframeOrder,
  UnreadableItem,
} from '../source.ts';
import { toDriverError } from '../../contract/errors.ts';
import { SMALL_BYTES } from './connection/body-limits.ts';
import { guid, isGuid } from './guid.ts';
import { readReduction } from './history/downsample.ts';
import { readScalar, scalarShape } from './scalar.ts';
import { describe, search, workbookId } from './search/search.ts';
import { countSamples } from './history/sample-count.ts';
import { readSamples } from './history/series.ts';
import { SeeqServer } from './connection/server.ts';
import type { SeeqCredentials } from './connection/session.ts';
import { readShape } from './history/signal-metadata.ts';
import { readSnapshot } from './history/snapshot.ts';
import { readTimeframes } from './history/timeframes.ts';
import type { SeeqTransportOptions } from './connection/transport.ts';
import { children, properties, resolveAttribute } from './search/tree.ts';
import { versionOf } from './connection/version.ts';
import { withWhatAnswers } from './connection/what-answers.ts';
import { roundMs } from '../../lib/clock.ts';

export interface SeeqSourceOptions extends SeeqTransportOptions {
  /** The configured connection name. */
  name: string;
  credentials: SeeqCredentials;
  /** Samples per call. */
  pageSamples: number;
  /** The clock for delays between tries. Default: the system clock. */
  clock?: Clock | undefined;
  /** Log for anomalies in the server's data that fail no request. */
  log?: Logger | undefined;
}

export class SeeqSource implements Source {
  readonly scheme = 'seeq';
  readonly abilities: SourceAbilities = {
    search: this,
    describe: this,
    assets: this,
    lists: this,
    snapshot: this,
    history: this,
    timeframes: this,
  };
  readonly name: string;
  readonly url: string;
  readonly #server: SeeqServer;
  readonly #pageSamples: number;
  readonly #isDirect: boolean;
  readonly #log: LimitedLog | undefined;

  constructor(options: SeeqSourceOptions) {
    this.name = options.name;
    this.url = options.url;
    this.#server = new SeeqServer(options.name, options, options.credentials, options.clock);
    this.#pageSamples = options.pageSamples;
    this.#isDirect = options.proxy === undefined;
    this.#log = options.log && limited(options.log);
  }

  recovery(): CallRecovery {
    return this.#server.recovery;
  }

  async probe(call: SourceCall): Promise<SourceStatus> {
    let version: string | null = null;
    let latencyMs: number | null = null;
    try {
      const started = performance.now();
      version = await this.#server.askFor(
        call,
        (client, signal) => client.GET('/system/server-status', { signal }),
        (status: unknown) => versionOf(status) ?? null,
        { open: true, probe: true, limitBytes: SMALL_BYTES },
      );
      latencyMs = roundMs(performance.now() - started);
      await this.#server.askFor(
        call,
        (client, signal) => client.GET('/users/me', { signal }),
        (user: unknown) => answerOf(user),
        { probe: true },
      );
      return { state: 'up', version, latencyMs, ...this.#clock() };
    } catch (thrown) {
      const failure = toDriverError(thrown);
      const error = latencyMs === null ? await withWhatAnswers(failure, this.name, this.url, this.#isDirect) : failure;
      const state = error.code === 'unauthorized' || error.code === 'forbidden' ? 'unauthorized' : 'down';
      const failedAt = latencyMs !== null ? 'log-in' : isTlsProblem(failure) ? 'TLS' : 'connection';
      return { state, version, latencyMs, message: error.message, reason: error.code, failedAt, ...this.#clock() };
    }
  }

  #clock(): Pick<SourceStatus, 'clockAheadMs'> {
    const { clockAheadMs } = this.#server;
    return clockAheadMs === undefined ? {} : { clockAheadMs };
  }

  async search(query: SearchQuery, call: SourceCall): Promise<SearchPage> {
    const assetId = query.assetId === undefined ? undefined : guid(query.assetId);
    return search(this.#server, { ...query, assetId }, call);
  }

  async describe(ids: readonly string[], call: SourceCall): Promise<Map<string, Described | UnreadableItem>> {
    // An id that no server can have is reported as not found. It must not fail the call of the others.
    const possible = ids.filter(isGuid);
    if (possible.length === 0) return new Map();
    const found = await describe(this.#server, [...new Set(possible.map(guid))], call);
    const hits = new Map<string, Described | UnreadableItem>();
    for (const id of possible) {
      const item = found.get(guid(id));
      if (item !== undefined) hits.set(id, item);
    }
    return hits;
  }

  workbookId(workbook: string, call: SourceCall): Promise<string> {
    return workbookId(this.#server, workbook, call);
  }

  async children(assetId: string | undefined, call: SourceCall, scope?: string): Promise<Children> {
    return children(this.#server, assetId === undefined ? undefined : guid(assetId), call, scope);
  }

  async properties(id: string, call: SourceCall): Promise<ItemProperties> {
    return properties(this.#server, guid(id), call);
  }

  async snapshot(fqn: Fqn, time: Nanoseconds, call: SourceCall): Promise<Point> {
    return readSnapshot(this.#server, { ...fqn, id: guid(fqn.id) }, time, call);
  }

  async *samples(
    fqn: Fqn,
    range: TimeRange,
    boundary: Boundary,
    call: SourceCall,
    expected?: number,
  ): AsyncGenerator<SamplePage> {
    const { kind, id } = await this.#series(fqn, call);
    if (kind === 'scalar') yield constantColumns(await readScalar(this.#server, id, call), range);
    else yield* readSamples(this.#server, { id, range, boundary, expected }, this.#pageSamples, call);
  }

  async shape(fqn: Fqn, call: SourceCall): Promise<SeriesShape> {
    const series = await this.#series(fqn, call);
    return series.kind === 'scalar'
      ? scalarShape(this.#server, series, call)
      : readShape(this.#server, series, this.#log, call);
  }

  async count(fqn: Fqn, range: TimeRange, call: SourceCall): Promise<number> {
    const { id } = await this.#series(fqn, call);
    return countSamples(this.#server, id, range, call);
  }

  async reduced(fqn: Fqn, range: TimeRange, size: ReductionSize, call: SourceCall): Promise<Reduction> {
    const { id } = await this.#series(fqn, call);
    return readReduction(this.#server, id, range, size, call);
  }

  async *timeframes(
    conditionId: string,
    range: TimeRange,
    order: TimeframeOrder,
    call: SourceCall,
  ): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
    yield* readTimeframes(this.#server, guid(conditionId), range, order, call);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** The signal or scalar of an FQN, directly or through an attribute of an asset. */
  async #series(fqn: Fqn, call: SourceCall): Promise<Fqn> {
    let series = { ...fqn, id: guid(fqn.id) };
    if (fqn.part?.type === 'attribute' && fqn.kind === 'asset') {
      series = (await resolveAttribute(this.#server, series, call)).fqn;
    }
    if ((series.kind === 'signal' || series.kind === 'scalar') && !series.part) return series;
    throw new DriverError('unsupported', `${formatFqn(fqn)} has no history: it is neither a signal nor a scalar.`);
  }
}
