/**
 * A driver between real parts that can all be broken: mosquitto and seneye posts before it, nats-server with JetStream
 * behind it, and a network in between that can be cut, slowed and half-opened. The oracle does not use that network.
 */
import { AckPolicy, connect, DeliverPolicy, nkeyAuthenticator, type NatsConnection } from 'nats';
import { startDriver, type DriverProcess, type DriverProcessOptions } from '../support/driver-process.ts';
import { driverUser } from '../support/driver-user.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import { startMosquitto, type Mosquitto } from '../../simulators/support/mosquitto/index.ts';
import {
  createAuthority,
  createUserKey,
  startNatsServer,
  startProxy,
  type NatsServer,
  type Proxy,
} from '../support/nats/index.ts';
import type { Found } from './ledger.ts';

export const STREAM = 'READINGS';
export const SENEYE_SOURCE = 'SWS_oracle';
export const SENEYE_SECRET = 'ORACLEABC';
const PASSWORD = 'driver-password';
/** What the rights of the driver follow from. */
const BUS_USE = {
  reqtopic: 'region.site.seeq.request',
  settings: { ingest: { stream: { create: true, name: STREAM } } },
};

export class Harness {
  readonly nats: NatsServer;
  readonly broker: Mosquitto;
  /** The driver's ways to the bus and to the broker. */
  readonly toBus: Proxy;
  readonly toBroker: Proxy;
  /** Where seneye posts go. */
  readonly seneyeUrl: string;
  driver: DriverProcess;
  readonly #driverOptions: DriverProcessOptions;
  readonly #connectReader: () => Promise<NatsConnection>;

  static async start(): Promise<Harness> {
    const authority = await createAuthority();
    const [driverKey, readerKey] = [createUserKey(), createUserKey()];
    const nats = await startNatsServer({
      certificate: await authority.issue(),
      users: [driverUser({ ...BUS_USE, publickey: driverKey.publicKey }), readerKey],
      jetstream: true,
    });
    // Nothing may be dropped by the broker for its own bounds: that would be its loss, not the driver's.
    const broker = await startMosquitto({
      users: { driver: PASSWORD, oracle: PASSWORD },
      persistence: true,
      maxQueued: 0,
      maxInflight: 100,
    });
    const [toBus, toBroker, seneyePort] = [
      await startProxy(nats.port),
      await startProxy(broker.port()),
      await freePort(),
    ];
    const driverOptions: DriverProcessOptions = {
      seed: driverKey.seed,
      files: { 'ca.pem': authority.caPem, 'mqtt.password': PASSWORD, 'seneye.secret': SENEYE_SECRET },
      config: {
        debug: 2,
        natsurl: `127.0.0.1:${toBus.port}`,
        publickey: driverKey.publicKey,
        reqtopic: BUS_USE.reqtopic,
        settings: {
          bus: { tls: { caFile: 'ca.pem' }, pingIntervalMs: 200 },
          limits: { drainTimeoutMs: 2000 },
          ingest: {
            stream: { create: true, name: STREAM, ackTimeoutMs: 1000, duplicateWindowMs: 600_000 },
            window: { messages: 50 },
            mqtt: [
              {
                name: 'oracle',
                url: `mqtt://127.0.0.1:${toBroker.port}`,
                clientId: 'driver-under-test',
                keepAliveSeconds: 1,
                connectTimeoutMs: 1000,
                credentials: { user: 'driver', password: { file: 'mqtt.password' } },
                topics: [
                  {
                    filter: 'oracle/#',
                    values: [{ path: '$.n', type: 'number' }],
                    time: { path: '$.t', format: 'ns' },
                  },
                ],
              },
            ],
            seneye: {
              host: '127.0.0.1',
              port: seneyePort,
              sources: [{ source: SENEYE_SOURCE, name: 'tank', secret: { file: 'seneye.secret' } }],
              ackTimeoutMs: 500,
              rateLimit: { burst: 100_000, perSecond: 10_000 },
            },
          },
        },
      },
    };
    const connectReader = (): Promise<NatsConnection> =>
      connect({
        servers: `127.0.0.1:${nats.port}`,
        tls: { ca: authority.caPem },
        authenticator: nkeyAuthenticator(Buffer.from(readerKey.seed)),
        resolve: false,
      });
    const seneyeUrl = `http://127.0.0.1:${seneyePort}/localexchange/endpoint`;
    return new Harness({ nats, broker, toBus, toBroker, seneyeUrl, driverOptions, connectReader });
  }

  private constructor(parts: {
    nats: NatsServer;
    broker: Mosquitto;
    toBus: Proxy;
    toBroker: Proxy;
    seneyeUrl: string;
    driverOptions: DriverProcessOptions;
    connectReader: () => Promise<NatsConnection>;
  }) {
    this.nats = parts.nats;
    this.broker = parts.broker;
    this.toBus = parts.toBus;
    this.toBroker = parts.toBroker;
    this.seneyeUrl = parts.seneyeUrl;
    this.#driverOptions = parts.driverOptions;
    this.#connectReader = parts.connectReader;
    this.driver = startDriver(parts.driverOptions);
  }

  /** For the oracle, straight to the broker. */
  get brokerLogin() {
    return { username: 'oracle', password: PASSWORD };
  }

  /** Ends the driver and starts it anew. */
  async restartDriver(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.driver.stop(signal);
    this.driver = startDriver(this.#driverOptions);
  }

  /** Everything in the stream. */
  async readings(): Promise<Found[]> {
    const nc = await this.#connectReader();
    try {
      const manager = await nc.jetstreamManager();
      const { state } = await manager.streams.info(STREAM);
      const { name } = await manager.consumers.add(STREAM, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.All,
      });
      const consumer = await nc.jetstream().consumers.get(STREAM, name);
      const found: Found[] = [];
      while (found.length < state.messages) {
        const batch = await consumer.fetch({
          max_messages: Math.min(10_000, state.messages - found.length),
          expires: 5000,
        });
        for await (const message of batch) found.push(message.json<Found>());
      }
      return found;
    } finally {
      await nc.close();
    }
  }

  async stop(): Promise<void> {
    this.toBus.resume();
    this.toBroker.resume();
    await this.driver.stop('SIGKILL');
    await Promise.all([this.toBus.stop(), this.toBroker.stop(), this.nats.stop(), this.broker.stop()]);
  }
}
