/** The known senders: their secrets, their device names, and their readings sinks. */
import type { SecretSource } from '../../../config/secret.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import type { Origin } from '../../reading.ts';
import type { SeneyeConfig } from './config.ts';
import { isSignedWith, type Jws } from './jws.ts';

/** The secret that signed a message: that of one device, by its id, or that of the source. */
export type Signer = { readonly device: string } | 'source';

/** One configured sender. */
export class Sender {
  /** Name of the connection. */
  readonly name: string;
  readonly sink: ReadingsSink;
  readonly #config: SeneyeConfig['sources'][number];

  constructor(config: SeneyeConfig['sources'][number], createSink: (origin: Origin) => ReadingsSink) {
    this.#config = config;
    this.name = config.name ?? config.source;
    this.sink = createSink({ scheme: 'seneye', connection: this.name });
  }

  /** The expected devices, by id. */
  get devices(): readonly string[] {
    return this.#config.devices.map(({ id }) => id);
  }

  /** The configured name of a device. */
  deviceName(sud: string): string | undefined {
    return this.#device(sud)?.name;
  }

  /** Id of a device in the configured spelling. For a device that is not configured, its own spelling. */
  idOf(sud: string): string {
    return this.#device(sud)?.id ?? sud;
  }

  /**
   * Finds the signer. Undefined if no known secret matches. An unreadable secret does not affect messages that are
   * signed with another.
   * @throws Error that is safe to log, if the message may have been signed with an unreadable secret
   */
  async signerOf(jws: Jws): Promise<Signer | undefined> {
    const { secret, devices } = this.#config;
    const candidates: [SecretSource | undefined, Signer][] = [
      [secret, 'source'],
      ...devices.map(({ id, secret: own }): [SecretSource | undefined, Signer] => [own, { device: id }]),
    ];
    let unreadable: { error: unknown } | undefined;
    for (const [candidate, signer] of candidates) {
      try {
        if (candidate !== undefined && (await signed(candidate, jws))) return signer;
      } catch (error) {
        unreadable ??= { error };
      }
    }
    if (unreadable !== undefined) throw unreadable.error;
    return undefined;
  }

  /** Whether a message of this device may have this signer: a device with its own secret must use it. */
  mayBeSignedBy(signer: Signer, sud: string): boolean {
    const { id, secret } = this.#device(sud) ?? {};
    return secret === undefined ? signer === 'source' : signer !== 'source' && signer.device === id;
  }

  /** Hexadecimal digits are the same in either case. The configuration has no two ids that differ only in case. */
  #device(sud: string): SeneyeConfig['sources'][number]['devices'][number] | undefined {
    const same = sud.toLowerCase();
    return this.#config.devices.find(({ id }) => id.toLowerCase() === same);
  }
}

async function signed(secret: SecretSource, jws: Jws): Promise<boolean> {
  return isSignedWith(await secret.reveal(), jws);
}
