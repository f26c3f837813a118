/** The devices of the demonstration, each with the broker or platform that it talks to, and the driver's settings for them. */
import { type IotOpenSimulator, startIotOpen } from '../../simulators/iotopen/simulator.ts';
import { type I3Broker, startI3Broker } from '../../simulators/i3/broker.ts';
import { createDeviceKey, EXAMPLE, exampleMarketplace } from '../../simulators/i3/example.ts';
import { type SeneyeSender, startSeneyeSender } from '../../simulators/seneye/sender.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import {
  connectPlain,
  type Mosquitto,
  type PlainClient,
  startMosquitto,
} from '../../simulators/support/mosquitto/index.ts';

export const HALL = 'hall';
export const MARKET = 'market';
export const SELLER = 'seller';
export const CITY = 'city';
export const TANK = 'tank';

/** Product that the driver sells to: readings of the hall. */
export const SOLD = 'ann/pond/hall';
const HALL_PASSWORD = 'hall-password';
const SENEYE = { source: 'SWS_0042', secret: 'FGQEEESSA' };
/** So long a product may be silent; at a real marketplace an hour is more like it. */
const SILENT_AFTER_MS = 1500;

export class Devices {
  /** A broker like any other, and a machine that publishes there. */
  readonly hall: Mosquitto;
  readonly machine: PlainClient;
  readonly market: I3Broker;
  readonly city: IotOpenSimulator;
  readonly seneye: SeneyeSender;
  /** Somebody who does not know the secret. */
  readonly forger: SeneyeSender;
  readonly #seneyePort: number;
  readonly #sellerKey: string;

  static async start(): Promise<Devices> {
    const key = createDeviceKey();
    const { products, users } = exampleMarketplace(key);
    const [hall, market, city, seneyePort] = await Promise.all([
      startMosquitto({ users: { driver: HALL_PASSWORD, machine: HALL_PASSWORD }, maxQueued: 0 }),
      startI3Broker({ products: { ...products, [SOLD]: {} }, users: users ?? {} }),
      startIotOpen(),
      freePort(),
    ]);
    const machine = await connectPlain(hall.url(), { username: 'machine', password: HALL_PASSWORD });
    return new Devices({ hall, machine, market, city, seneyePort, sellerKey: key.privatePem });
  }

  private constructor(parts: {
    hall: Mosquitto;
    machine: PlainClient;
    market: I3Broker;
    city: IotOpenSimulator;
    seneyePort: number;
    sellerKey: string;
  }) {
    const { hall, machine, market, city, seneyePort, sellerKey } = parts;
    this.hall = hall;
    this.machine = machine;
    this.market = market;
    this.city = city;
    this.#seneyePort = seneyePort;
    this.#sellerKey = sellerKey;
    const devices = [{ name: 'Reef 1', type: 'reef' as const }];
    this.seneye = startSeneyeSender({ url: this.seneyeUrl, ...SENEYE, devices });
    this.forger = startSeneyeSender({ url: this.seneyeUrl, ...SENEYE, secret: 'GUESSEDIT', devices });
  }

  get seneyeUrl(): string {
    return `http://127.0.0.1:${this.#seneyePort}/localexchange/endpoint`;
  }

  /** What an operator would write into the configuration, and the files with the secrets. */
  get settings(): { ingest: object; files: Record<string, string> } {
    const { hall, market, city } = this;
    const ingest = {
      stream: { create: true },
      mqtt: [
        {
          name: HALL,
          url: hall.url(),
          clientId: 'iota-demo',
          credentials: { user: 'driver', password: { file: 'hall.password' } },
          topics: [
            {
              filter: 'hall/+/press',
              pattern: 'hall/{line}/press',
              name: '{line} press {field}',
              values: [
                { field: 'temperature', path: '$.temp', type: 'number', unit: '°C' },
                { field: 'state', path: '$.state', states: { 0: 'STOPPED', 1: 'RUNNING' } },
                { field: 'pressure', path: '$.bar', type: 'number', unit: 'bar', optional: true },
              ],
              time: { path: '$.at', format: 'ns' },
            },
            { filter: 'hall/count/#', payload: 'number' },
          ],
        },
      ],
      i3: [
        {
          name: MARKET,
          url: market.url,
          user: EXAMPLE.buyer.username,
          credentials: { password: { file: 'market.password' } },
          products: [
            {
              topic: EXAMPLE.temperature,
              silentAfterMs: SILENT_AFTER_MS,
              values: [{ path: '$.temperature', type: 'number', unit: '°C' }],
            },
          ],
        },
      ],
      egress: [
        {
          name: SELLER,
          url: market.url,
          user: EXAMPLE.keyProbe,
          credentials: { privateKey: { file: 'seller.pem' } },
          publish: [{ subject: `iota.readings.mqtt.${HALL}.hall.>`, topic: SOLD, payload: 'reading' }],
        },
      ],
      iotopen: [
        {
          name: CITY,
          url: city.url,
          mqtt: { url: city.mqttUrl, clientId: 'iota-demo' },
          credentials: { apiKey: { file: 'city.key' } },
        },
      ],
      seneye: {
        host: '127.0.0.1',
        port: this.#seneyePort,
        sources: [{ source: SENEYE.source, name: TANK, secret: { file: 'seneye.secret' } }],
      },
    };
    const files = {
      'hall.password': HALL_PASSWORD,
      'market.password': EXAMPLE.buyer.password,
      'seller.pem': this.#sellerKey,
      'city.key': 'key-of-the-driver',
      'seneye.secret': SENEYE.secret,
    };
    return { ingest, files };
  }

  async stop(): Promise<void> {
    await Promise.all([this.seneye.stop(), this.forger.stop(), this.machine.end()]);
    await Promise.all([this.hall.stop(), this.market.stop(), this.city.stop()]);
  }
}
