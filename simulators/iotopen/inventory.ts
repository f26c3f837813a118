/** What the simulated platform knows: installations with their functions and devices, and every value that came. */

export type Meta = Record<string, string>;

/** A function or a device, as in answers. */
export interface Thing {
  id: number;
  type: string;
  installation_id: number;
  meta: Meta;
  protected_meta: Meta;
  created: number;
  updated: number;
}

export interface Installation {
  id: number;
  client_id: number;
  name: string;
  organization_id: number;
  functions: Thing[];
  devices: Thing[];
}

/** A value that came, under its topic without client id. */
export interface Kept {
  timestamp: number;
  topic: string;
  value: number;
  msg: string;
  /** When it arrived at the platform, milliseconds since 1970; long ago without it. */
  arrivedMs?: number;
}

/** Values of one installation that are kept. */
const MOST_KEPT = 200_000;

export class Inventory {
  readonly installations: Installation[] = [];
  readonly #kept = new Map<number, Kept[]>();
  /** What came and could not be kept: no JSON, no number, no topic of an installation. */
  unusable = 0;
  #nextId = 1000;

  addInstallation(clientId: number, name: string): Installation {
    const installation: Installation = {
      // Never equal to the client id, so that a client that mixes them up is found out.
      id: clientId + 5000,
      client_id: clientId,
      name,
      organization_id: 7,
      functions: [],
      devices: [],
    };
    this.installations.push(installation);
    return installation;
  }

  /** The id is chosen unless given. */
  addThing(kind: 'functions' | 'devices', clientId: number, type: string, meta: Meta, id = this.#nextId++): Thing {
    const installation = this.ofClientId(clientId);
    if (installation === undefined) throw new Error(`There is no installation with client id ${clientId}.`);
    const now = Math.floor(Date.now() / 1000);
    const thing = { id, type, installation_id: installation.id, meta, protected_meta: {}, created: now, updated: now };
    installation[kind].push(thing);
    return thing;
  }

  removeThing(kind: 'functions' | 'devices', id: number): void {
    for (const installation of this.installations) {
      installation[kind] = installation[kind].filter((thing) => thing.id !== id);
    }
  }

  ofClientId(clientId: number): Installation | undefined {
    return this.installations.find((one) => one.client_id === clientId);
  }

  /** A message that came over MQTT, by the platform's clock at `nowMs`. Values of `obj` and `set` are kept, those that are no numbers are not. */
  heard(topic: string, payload: string, nowMs = Date.now()): void {
    const [, client = '', rest = ''] = /^(\d+)\/((?:obj|set)\/.*)$/s.exec(topic) ?? [];
    const installation = this.ofClientId(Number(client));
    const message = parse(payload);
    if (client === '' || installation === undefined || typeof message?.value !== 'number') {
      this.unusable++;
      return;
    }
    const { value, timestamp, msg } = message;
    this.keep(installation.client_id, {
      timestamp: typeof timestamp === 'number' ? timestamp : nowMs / 1000,
      topic: rest,
      value,
      msg: typeof msg === 'string' ? msg : '',
      arrivedMs: Date.now(),
    });
  }

  /** Keeps a value as if it had come. */
  keep(clientId: number, value: Kept): void {
    const kept = this.values(clientId);
    kept.push(value);
    if (kept.length > MOST_KEPT) kept.splice(0, MOST_KEPT / 10);
  }

  /** All values of an installation, in the order in which they came. */
  values(clientId: number): Kept[] {
    const kept = this.#kept.get(clientId) ?? [];
    this.#kept.set(clientId, kept);
    return kept;
  }

  /** The value of each topic that came last. */
  newest(clientId: number): Kept[] {
    return [...new Map(this.values(clientId).map((value) => [value.topic, value])).values()];
  }
}

function parse(payload: string): { value?: unknown; timestamp?: unknown; msg?: unknown } | undefined {
  try {
    const message: unknown = JSON.parse(payload);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
