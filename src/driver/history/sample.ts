/** Samples of a series one by one, with numeric times. */
import { DriverError } from '../../contract/errors.ts';
import { type Nanoseconds, parseInstant } from '../../contract/time/instant.ts';
import type { Columns, ScalarValue, ValueStatus } from '../../contract/values.ts';

export interface Sample {
  /** As the source wrote it. */
  readonly time: string;
  readonly at: Nanoseconds;
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  /** Number of an enumeration value. */
  readonly state: number | null;
}

export const isBad = ({ status }: Pick<Sample, 'status'>): boolean => status === 'Bad Data';

/** Parses the times of one series. Adjacent ones mostly share their minute, so a minute is parsed once. */
export class TimeReader {
  #minute = '';
  #start: Nanoseconds = 0n;

  /** @throws DriverError `sourceError` if the text is not a time */
  read(time: string): Nanoseconds {
    const plain = time.charCodeAt(16) === COLON && time.endsWith('Z') && time.length >= 20 && time.length <= 30;
    if (!plain) return instantOf(time);
    if (!time.startsWith(this.#minute) || this.#minute === '') {
      const minute = time.slice(0, 17);
      this.#start = instantOf(`${minute}00Z`);
      this.#minute = minute;
    }
    const nanoseconds = Number(`${time.slice(17, 19)}${time.slice(20, -1).padEnd(9, '0')}`);
    if (Number.isNaN(nanoseconds)) throw noTime(time);
    return this.#start + BigInt(nanoseconds);
  }
}

/** The samples of one page, in order. */
export function* samplesOf(page: Columns, reader: TimeReader): Generator<Sample> {
  const { times, values, flags = [], states } = page;
  let run = 0;
  for (const [position, time] of times.entries()) {
    while ((flags[run]?.[1] ?? Infinity) < position) run++;
    const [from, , status] = flags[run] ?? [Infinity, Infinity, 'Good'];
    yield {
      time,
      at: reader.read(time),
      value: values[position] ?? null,
      status: from <= position ? status : 'Good',
      state: states?.[position] ?? null,
    };
  }
}

const COLON = 58;

function instantOf(time: string): Nanoseconds {
  const instant = parseInstant(time);
  if (instant === undefined) throw noTime(time);
  return instant;
}

function noTime(time: string): DriverError {
  return new DriverError('sourceError', `The source gave a sample at ${JSON.stringify(time)}, which is not a time.`);
}
