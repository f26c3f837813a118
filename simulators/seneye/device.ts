/** A seneye device (SUD) in its tank: plausible values that drift, and what goes wrong with such devices. */
import { createHash } from 'node:crypto';

export const DEVICE_TYPES = { home: 1, pond: 2, reef: 3 } as const;
export type DeviceType = keyof typeof DEVICE_TYPES;

export interface DeviceOptions {
  readonly name: string;
  /** By default `home`. */
  readonly type?: DeviceType;
  /** 32 hexadecimal digits; by default made of the name. */
  readonly id?: string;
}

/** What can be done to a device. */
export interface DeviceState {
  inWater: boolean;
  slideExpired: boolean;
  /** Only of a Reef: the light has no color temperature. */
  offKelvinLine: boolean;
  /** Limits that the owner has set; beyond them the alert flags are on. */
  limits: { T: readonly [number, number]; P: readonly [number, number]; N: number };
  /** Values that stay as they are from now on, in place of the drifting ones. */
  fixed: Partial<Record<'T' | 'P' | 'N' | 'K' | 'L' | 'A', number>>;
  /** How far its clock is ahead, in seconds. */
  skewSeconds: number;
}

export type VersionKey = 'ver' | 'version' | 'none';

/** The content of `SUD.data`. */
export type DeviceData = Record<string, number | Record<string, number>>;

export class Device {
  readonly id: string;
  readonly name: string;
  readonly type: DeviceType;
  readonly state: DeviceState = {
    inWater: true,
    slideExpired: false,
    offKelvinLine: false,
    limits: { T: [18, 30], P: [6, 8.5], N: 0.02 },
    fixed: {},
    skewSeconds: 0,
  };
  readonly #now: () => number;
  readonly #drift: Record<'T' | 'P' | 'N' | 'L', number>;
  #step = 0;

  /** @param now milliseconds since 1970 */
  constructor({ name, type = 'home', id }: DeviceOptions, now: () => number = Date.now) {
    this.name = name;
    this.type = type;
    this.id = id ?? createHash('md5').update(name).digest('hex').toUpperCase();
    this.#now = now;
    this.#drift = { T: type === 'pond' ? 19 : 25, P: type === 'reef' ? 8.2 : 7.2, N: 0.004, L: 9000 };
  }

  set(changes: Partial<DeviceState>): void {
    Object.assign(this.state, changes);
  }

  /** Takes a reading now. */
  measure(versionKey: VersionKey): { timestamp: number; message: object } {
    const timestamp = Math.floor(this.#now() / 1000) + this.state.skewSeconds;
    const message = {
      ...(versionKey === 'none' ? {} : { [versionKey]: '1.0.0' }),
      SUD: { id: this.id, name: this.name, type: DEVICE_TYPES[this.type], TS: timestamp, data: this.#data() },
    };
    return { timestamp, message };
  }

  #data(): DeviceData {
    const { inWater, slideExpired, offKelvinLine, limits, fixed } = this.state;
    this.#step++;
    const { T = this.#next('T', 0.05, 3), P = this.#next('P', 0.02, 2), N = this.#next('N', 0.0005, 3) } = fixed;
    const outside = (value: number, [low, high]: readonly [number, number]): number =>
      value < low || value > high ? 1 : 0;
    const flags = {
      W: inWater ? 1 : 0,
      T: outside(T, limits.T),
      // A slide that is worn out measures nothing, and there is no alarm about nothing.
      P: slideExpired ? 0 : outside(P, limits.P),
      N: !slideExpired && N > limits.N ? 1 : 0,
      S: slideExpired ? 1 : 0,
    };
    const water = { T, ...(slideExpired ? {} : { P, N }) };
    if (this.type !== 'reef') return { S: flags, ...water };
    const { L = Math.round(this.#next('L', 200, 0)), K = offKelvinLine ? 0 : 14_000 } = fixed;
    const { A = Math.round(L / 55) } = fixed;
    return { S: { ...flags, K: offKelvinLine ? 1 : 0 }, ...water, K, L, A };
  }

  /** A walk that comes back, the same in every run. */
  #next(key: 'T' | 'P' | 'N' | 'L', step: number, digits: number): number {
    const mean = this.#drift[key];
    const swing = Math.sin(this.#step / 7 + this.id.length + key.charCodeAt(0)) + Math.sin(this.#step / 3);
    return Number(Math.max(0, mean + swing * step * 3).toFixed(digits));
  }
}
