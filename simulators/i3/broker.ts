/**
 * The broker of an I3 marketplace: a real mosquitto behind a proxy that checks log-ins as the marketplace does, with the
 * rights of sellers and buyers, the silence of its denials, and the metering that ends a stream without a word.
 */
import type { IClientOptions } from 'mqtt';
import { connectPlain, startMosquitto, type Mosquitto, type PlainClient } from '../support/mosquitto/index.ts';
import { startMqttProxy, type MqttProxy, type Verdict } from '../support/mqtt-proxy.ts';
import type { MqttLogin } from '../support/mqtt-login.ts';
import type { ServerCertificate } from '../support/certificate.ts';
import { aclFile, Marketplace, NOBODY, type Product } from './marketplace.ts';
import { passwordProblem, type Proof } from './password.ts';

export interface I3BrokerOptions {
  /** By topic, `user/hub/product`. */
  products?: Readonly<Record<string, Product>>;
  /** Devices (`user$hub$device`) and buyers (`user`). */
  users?: Readonly<Record<string, Proof>>;
  /** Any free port without it. */
  port?: number | undefined;
  certificate?: ServerCertificate | undefined;
  webSocket?: boolean | undefined;
  /** How long a change of rights stays unnoticed, in milliseconds. At the marketplace 300 000; here 0 if not given. */
  cacheMs?: number | undefined;
  /** The metering forgets a buyer's flow when the client goes, and takes the next delivery for the last: as its code reads. */
  meterForgets?: boolean | undefined;
}

export interface I3Broker {
  readonly url: string;
  readonly port: number;
  readonly proxy: MqttProxy;
  readonly mosquitto: Mosquitto;
  readonly marketplace: Marketplace;
  /** Why log-ins were refused, in order; for people. */
  readonly refusals: readonly string[];
  /** Changes of rights. They resolve when the broker applies them, or with a cache when they are stored. */
  purchase(buyer: string, topic: string, quantity?: number): Promise<void>;
  approve(buyer: string, topic: string): Promise<void>;
  revoke(buyer: string, topic: string): Promise<void>;
  addUser(username: string, proof: Proof): Promise<void>;
  addProduct(topic: string, product?: Product): Promise<void>;
  /** Resolves when the broker applies all changes so far, as if the cache time had passed. */
  settle(): Promise<void>;
  /** Deliveries that a purchase has left. */
  quantity(buyer: string, topic: string): number | undefined;
  /** Publishes with the rights of a device; resolves with the broker's acknowledgement, which it also gives for what it drops. */
  publishAs(username: string, topic: string, text: string | Buffer): Promise<void>;
  /** Listens with the rights of a user, beside the proxy; with a session of its own that outlives a restart of the broker. */
  listenAs(username: string, topic: string): Promise<PlainClient>;
  stop(): Promise<void>;
}

/** Names with one of these have no rights at all (mosquitto's guard against wildcards in them). */
const DANGEROUS = /[+#/]/;

export async function startI3Broker(options: I3BrokerOptions = {}): Promise<I3Broker> {
  const { cacheMs = 0 } = options;
  const marketplace = new Marketplace();
  for (const [topic, product] of Object.entries(options.products ?? {})) marketplace.addProduct(topic, product);
  for (const [username, proof] of Object.entries(options.users ?? {})) marketplace.addUser(username, proof);
  const mosquitto = await startMosquitto({
    // Who somebody is, the proxy has checked; mosquitto takes the name from there and looks up the rights.
    allowAnonymous: true,
    acl: aclFile(marketplace.rows()),
    maxInflight: 40,
    maxQueued: 200,
    // "3m" are three months in mosquitto's counting.
    extraConfig: 'persistent_client_expiration 3m\nallow_zero_length_clientid true\nqueue_qos0_messages false',
  });
  const refusals: string[] = [];
  const rights = new Rights(mosquitto, marketplace, cacheMs);
  const beside: PlainClient[] = [];
  const publishers = new Map<string, Promise<PlainClient>>();
  const connectAs = async (username: string, options: IClientOptions = {}): Promise<PlainClient> => {
    const client = await connectPlain(mosquitto.url(), {
      ...{ username, protocolVersion: 4, reconnectPeriod: 100 },
      ...options,
    });
    beside.push(client);
    return client;
  };

  const proxy = await startMqttProxy({
    ...{ port: options.port, certificate: options.certificate, webSocket: options.webSocket },
    target: mosquitto.port(),
    authorize: (login) => authorize(login, marketplace, refusals),
    onDelivery: ({ clientId }, topic) => {
      if (marketplace.meter(clientId, topic)) void rights.changed();
    },
    onGone: ({ clientId }) => {
      if (options.meterForgets === true) marketplace.forget(clientId);
    },
  });

  return {
    ...{ proxy, mosquitto, marketplace, refusals },
    get url() {
      return proxy.url;
    },
    get port() {
      return proxy.port;
    },
    purchase: (buyer, topic, quantity) => {
      marketplace.purchase(buyer, topic, quantity);
      return rights.changed();
    },
    approve: (buyer, topic) => {
      marketplace.approve(buyer, topic);
      return rights.changed();
    },
    revoke: (buyer, topic) => {
      marketplace.revoke(buyer, topic);
      return rights.changed();
    },
    addUser: (username, proof) => {
      marketplace.addUser(username, proof);
      return rights.changed();
    },
    addProduct: (topic, product) => {
      marketplace.addProduct(topic, product);
      return rights.changed();
    },
    settle: () => rights.apply(),
    quantity: (buyer, topic) => marketplace.quantity(buyer, topic),
    publishAs: async (username, topic, text) => {
      const publisher = publishers.get(username) ?? connectAs(username);
      publishers.set(username, publisher);
      await (await publisher).publish(topic, text);
    },
    listenAs: async (username, topic) => {
      const client = await connectAs(username, { clean: false, clientId: `beside-${beside.length}` });
      await client.subscribe(topic);
      return client;
    },
    stop: async () => {
      rights.stop();
      await Promise.all(beside.map((client) => client.end()));
      await proxy.stop();
      await mosquitto.stop();
    },
  };
}

/** The broker's plugin at CONNECT. Any failure looks the same to the client. */
function authorize(login: MqttLogin, marketplace: Marketplace, refusals: string[]): Verdict {
  const { clientId, username = '', password = '', protocolVersion } = login;
  if (protocolVersion === 5) return { refuse: 'unsupportedVersion' };
  const problem = loginProblem(username, password, marketplace);
  if (problem !== undefined) {
    refusals.push(`${username === '' ? 'Somebody without a name' : username}: ${problem}`);
    return { refuse: login.username === undefined ? 'notAuthorized' : 'badUserNameOrPassword' };
  }
  return { accept: { username: DANGEROUS.test(clientId) || DANGEROUS.test(username) ? NOBODY : username } };
}

function loginProblem(username: string, password: string, marketplace: Marketplace): string | undefined {
  if (username === '' || password === '') return 'no user name or no password';
  const column = marketplace.column(username);
  if (column === undefined) return 'no such user';
  return passwordProblem(column, password, Math.floor(Date.now() / 1000));
}

/** Brings the rights to mosquitto, late by the time of the marketplace's cache. */
class Rights {
  readonly #mosquitto: Mosquitto;
  readonly #marketplace: Marketplace;
  readonly #cacheMs: number;
  #applying: Promise<void> = Promise.resolve();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(mosquitto: Mosquitto, marketplace: Marketplace, cacheMs: number) {
    this.#mosquitto = mosquitto;
    this.#marketplace = marketplace;
    this.#cacheMs = cacheMs;
  }

  changed(): Promise<void> {
    if (this.#cacheMs === 0) return this.apply();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.apply();
    }, this.#cacheMs);
    timer.unref();
    this.#timers.add(timer);
    return Promise.resolve();
  }

  apply(): Promise<void> {
    const applied = this.#applying.then(() => this.#mosquitto.reload({ acl: aclFile(this.#marketplace.rows()) }));
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
