/** The known senders: their secrets, the names of their devices, and their ways to the bus. */
import type { IngestConfig } from '../../../config/config.ts';
import type { SecretSource } from '../../../config/secret.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import type { Origin } from '../../reading.ts';
import { isSignedWith, type Jws } from './jws.ts';

export type SeneyeConfig = NonNullable<IngestConfig['seneye']>;

/** Which secret a message was signed with: that of one device, by its id, or that of the source. */
export type Signer = { readonly device: string } | 'source';

/** One configured sender. */
export class Sender {
  /** Name of the connection. */
  readonly name: string;
  readonly intake: ReadingsSink;
  readonly #config: SeneyeConfig['sources'][number];

  constructor(config: SeneyeConfig['sources'][number], intake: (origin: Origin) => ReadingsSink) {
    this.#config = config;
    this.name = config.name ?? config.source;
    this.intake = intake({ scheme: 'seneye', connection: this.name });
  }

  /** The devices to expect, by id. */
  get devices(): readonly string[] {
    return this.#config.devices.map(({ id }) => id);
  }

  /** Name of a device by the configuration. */
  deviceName(sud: string): string | undefined {
    return this.#device(sud)?.name;
  }

  /** Id of a device as the configuration writes it; as the device does, where it is in none. */
  idOf(sud: string): string {
    return this.#device(sud)?.id ?? sud;
  }

  /**
   * Finds who signed; undefined if it was nobody that is known. A secret that cannot be read keeps out no message that
   * is signed with another.
   * @throws Error fit for a log when it may have been signed with a secret that cannot be read
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

  /** Whether a message of this device is to be signed so: one with a secret of its own with that and no other. */
  mayBeSignedBy(signer: Signer, sud: string): boolean {
    const { id, secret } = this.#device(sud) ?? {};
    return secret === undefined ? signer === 'source' : signer !== 'source' && signer.device === id;
  }

  /** Hexadecimal digits are the same in either case; the configuration has no two ids that differ in that alone. */
  #device(sud: string): SeneyeConfig['sources'][number]['devices'][number] | undefined {
    const same = sud.toLowerCase();
    return this.#config.devices.find(({ id }) => id.toLowerCase() === same);
  }
}

async function signed(secret: SecretSource, jws: Jws): Promise<boolean> {
  return isSignedWith(await secret.reveal(), jws);
}
