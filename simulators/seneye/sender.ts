/**
 * A sender as seneye's app (SCA) or web server (SWS) is one: several devices under one id and one secret, each posting its
 * latest reading now and then. As far as is known it never repeats a post: what gets no 2xx is lost.
 */
import { Device, type DeviceOptions, type VersionKey } from './device.ts';
import { signMessage, type Encoding } from './encoding.ts';
import { post } from './http-post.ts';

export interface SeneyeSenderOptions {
  /** Where to post, path included. */
  readonly url: string;
  /** Id in the header; by default `SWS_0001`. */
  readonly source?: string;
  /** By default `AAAAAAAA`. */
  readonly secret?: string;
  /** By default one Home called Office. */
  readonly devices?: readonly DeviceOptions[];
  readonly encoding?: Encoding;
  /** By default `ver`, as documented. */
  readonly versionKey?: VersionKey;
  /** Between two posts of a device; without it the device posts only on request. */
  readonly intervalMs?: number;
  /** Pieces of a body, and the pause between them; by default one piece, as receivers in the field need it. */
  readonly pieces?: number;
  readonly pauseMs?: number;
  /** PEM text of the authority to trust, for https. */
  readonly ca?: string;
  /** Attempts for each reading; by default 1. Between them passes `retryMs`, by default 1000. */
  readonly attempts?: number;
  readonly retryMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Called for every post when its result is known. */
  readonly onPosted?: (posted: Posted) => void;
}

/** A reading that was posted, and what came of it. */
export interface Posted {
  readonly device: string;
  /** As in the message, seconds since 1970. */
  readonly timestamp: number;
  /** The message before it was signed. */
  readonly message: object;
  /** HTTP status of the last attempt; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Why there was no answer. */
  readonly error?: string;
  readonly attempts: number;
}

/** Counts since the start. */
export interface SenderCounters {
  posted: number;
  /** Answers by status. */
  answers: Record<number, number>;
  /** Attempts without an answer. */
  failed: number;
}

export interface SeneyeSender {
  readonly devices: readonly Device[];
  readonly counters: SenderCounters;
  /** Posts a reading of each device now, or of one. */
  postNow(device?: Device): Promise<Posted[]>;
  stop(): Promise<void>;
}

export function startSeneyeSender(options: SeneyeSenderOptions): SeneyeSender {
  const { devices: wanted = [{ name: 'Office' }], intervalMs, onPosted } = options;
  const devices = wanted.map((device) => new Device(device, options.now));
  const counters: SenderCounters = { posted: 0, answers: {}, failed: 0 };
  const underWay = new Set<Promise<unknown>>();
  const ending = new AbortController();

  const postOne = async (device: Device): Promise<Posted> => {
    const posted = await deliver(device, options, counters, ending.signal);
    onPosted?.(posted);
    return posted;
  };
  const postNow = async (device?: Device): Promise<Posted[]> => {
    const all = Promise.all((device === undefined ? devices : [device]).map(postOne));
    underWay.add(all);
    return all.finally(() => underWay.delete(all));
  };
  const timer = intervalMs === undefined ? undefined : setInterval(() => void postNow(), intervalMs);
  return {
    devices,
    counters,
    postNow,
    stop: async () => {
      clearInterval(timer);
      ending.abort();
      await Promise.allSettled(underWay);
    },
  };
}

async function deliver(
  device: Device,
  options: SeneyeSenderOptions,
  counters: SenderCounters,
  signal: AbortSignal,
): Promise<Posted> {
  const { url, source = 'SWS_0001', secret = 'AAAAAAAA', encoding, versionKey = 'ver' } = options;
  const { pieces = 1, pauseMs = 0, ca, attempts = 1, retryMs = 1000 } = options;
  const { timestamp, message } = device.measure(versionKey);
  const body = signMessage(Buffer.from(JSON.stringify(message)), secret, encoding);
  const posted = { device: device.id, timestamp, message };
  counters.posted++;
  for (let attempt = 1; ; attempt++) {
    let outcome: Pick<Posted, 'status' | 'error'>;
    try {
      const { status } = await post({ url, source, body, pieces, pauseMs, ca, signal });
      counters.answers[status] = (counters.answers[status] ?? 0) + 1;
      outcome = { status };
    } catch (error) {
      counters.failed++;
      outcome = { status: undefined, error: error instanceof Error ? error.message : String(error) };
    }
    const { status = 0 } = outcome;
    if ((status >= 200 && status < 300) || attempt >= attempts || signal.aborted) {
      return { ...posted, ...outcome, attempts: attempt };
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}
