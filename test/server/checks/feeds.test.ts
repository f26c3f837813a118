/** `check` on set-ups with a broken feed: MQTT broker, IoT Open, seneye. */
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { startMosquitto } from '../../../simulators/support/mosquitto/index.ts';
import { createAuthority } from '../../support/nats/index.ts';
import { kindly, scriptedBroker } from '../mqtt/scripted-broker.ts';
import { portOf, verify, webServer, type BrokenSetUp } from './broken.ts';
import { startSetUp, type Draft, type SetUp } from './set-up.ts';

let setUp: SetUp;
beforeAll(async () => {
  setUp = await startSetUp();
});
afterAll(() => setUp.stop());

const broker = (draft: Draft, members: object): Draft => {
  Object.assign(draft.settings.ingest.mqtt[0] as object, members);
  return draft;
};
const platform = (draft: Draft, members: object): Draft => {
  Object.assign(draft.settings.ingest.iotopen[0] as object, members);
  return draft;
};

/** A broker with TLS. Returns its address. */
async function withTls(hosts: string[] | undefined, foreign: boolean): Promise<string> {
  const issuer = foreign ? await createAuthority() : setUp.parts.authority;
  const mosquitto = await startMosquitto({ listeners: { tls: { certificate: await issuer.issue(hosts) } } });
  onTestFinished(() => mosquitto.stop());
  return mosquitto.url('tls');
}

const MQTT = { group: 'Feed mqtt hall' } as const;
const IOTOPEN = { group: 'Feed iotopen school' } as const;
const SENEYE = { group: 'Feed seneye' } as const;
const tls = { caFile: 'ca.pem' };

const TABLE: BrokenSetUp[] = [
  {
    name: 'a broker that does not run',
    break: async (draft) => broker(draft, { url: `mqtt://127.0.0.1:1` }),
    ...{ ...MQTT, part: 'connection', reason: 'nothingListens' },
    ...{
      cause: /MQTT broker "hall" at mqtt:.*nothing listens there/,
      remedy: /Start the broker, or correct the address/,
    },
  },
  {
    name: 'a broker whose host name does not exist',
    break: (draft) => broker(draft, { url: 'mqtt://broker.invalid' }),
    ...{ ...MQTT, part: 'connection', reason: 'unknownHost' },
    ...{ cause: /"broker\.invalid" cannot be resolved/, remedy: /Correct the address, or the name service/ },
  },
  {
    name: 'another program in the place of the broker',
    break: async (draft) =>
      broker(draft, { url: `mqtt://127.0.0.1:${await portOf((socket) => socket.write('HTTP/1.1 400\r\n\r\n'))}` }),
    ...{ ...MQTT, part: 'connection', reason: 'notMqtt' },
    ...{ cause: /is not an MQTT broker/, remedy: /Correct the address/ },
  },
  {
    name: 'a web server without MQTT at the address of a broker',
    break: async (draft) => {
      const url = await webServer((_request, response) => response.writeHead(404).end());
      return broker(draft, { url: url.replace('http:', 'ws:') });
    },
    ...{ ...MQTT, part: 'connection', reason: 'notMqtt' },
    ...{ cause: /answers with HTTP status 404/, remedy: /Correct the path of the address/ },
  },
  {
    name: 'mqtts:// to a broker without TLS',
    break: (draft, parts) => broker(draft, { url: parts.broker.url().replace('mqtt:', 'mqtts:'), tls }),
    ...{ ...MQTT, part: 'connection', reason: 'closed' },
    ...{ cause: /it closed the connection before the log-in/, remedy: /Check that this port speaks TLS/ },
  },
  {
    name: 'a broker whose authority is not trusted',
    break: async (draft) => broker(draft, { url: await withTls(undefined, true), tls }),
    ...{ ...MQTT, part: 'TLS', reason: 'untrusted' },
    ...{
      cause: /signed by an authority that the driver does not trust/,
      remedy: /Set tls\.caFile to the certificate of that authority/,
    },
  },
  {
    name: 'a broker with a certificate for another name',
    break: async (draft) => broker(draft, { url: await withTls(['broker.example.com'], false), tls }),
    ...{ ...MQTT, part: 'TLS', reason: 'hostMismatch' },
    ...{ cause: /is for another name than "127\.0\.0\.1"/, remedy: /tls\.serverName/ },
  },
  {
    name: 'a wrong password at the broker',
    break: (draft) => broker(draft, { credentials: { user: 'hall', password: { file: 'wrong.secret' } } }),
    ...{ ...MQTT, part: 'log-in', reason: 'loginRefused' },
    ...{ cause: /it refused the log-in/, remedy: /Check user, password and client id/ },
  },
  {
    name: 'a broker that speaks another version of MQTT',
    break: async (draft) => {
      const { url } = await scriptedBroker(
        '3.1.1',
        kindly((packet, peer) => {
          if (packet.cmd !== 'connect') return false;
          peer.send({ cmd: 'connack', returnCode: 1, sessionPresent: false });
          return true;
        }),
      );
      return broker(draft, { url, version: '3.1.1' });
    },
    ...{ ...MQTT, part: 'log-in', reason: 'versionRefused' },
    ...{ cause: /it does not speak this version of MQTT/, remedy: /Set "version" to the other one/ },
  },
  {
    name: 'a topic that the user may not read',
    break: async (draft) => {
      const { url } = await scriptedBroker(
        '5',
        kindly((packet, peer) => {
          if (packet.cmd !== 'subscribe') return false;
          const granted = packet.subscriptions.map(({ topic, qos }) => (topic.includes('temperature') ? 135 : qos));
          peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
          return true;
        }),
      );
      return broker(draft, { url });
    },
    ...{ ...MQTT, part: 'subscription', item: 'plant/+/temperature', reason: 'subscriptionRefused' },
    ...{
      cause: /refused a subscription: "plant\/\+\/temperature" \(not authorized\)/,
      remedy: /Give the user the right to read there/,
    },
  },
  {
    name: 'a broker that never answers the subscriptions',
    break: async (draft) => {
      const { url } = await scriptedBroker(
        '5',
        kindly(({ cmd }) => cmd === 'subscribe'),
      );
      return broker(draft, { url, connectTimeoutMs: 1000 });
    },
    ...{ ...MQTT, part: 'subscription', reason: 'timeout' },
    ...{ cause: /subscriptions were not answered within 1000 ms/, remedy: /MQTT broker "hall"/ },
  },
  {
    name: 'a wrong key of IoT Open',
    break: (draft) => platform(draft, { credentials: { apiKey: { file: 'wrong.secret' } } }),
    ...{ ...IOTOPEN, part: 'log-in', reason: 'unauthorized' },
    ...{ cause: /IoT Open "school"/, remedy: /key/ },
  },
  {
    name: 'an IoT Open platform that does not run',
    break: async (draft) => platform(draft, { url: `http://127.0.0.1:1` }),
    ...{ ...IOTOPEN, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /nothing listens at its address/, remedy: /is the server running, and is the port right\?/ },
  },
  {
    name: 'an installation that the account does not see',
    break: (draft) => platform(draft, { installations: [34, 9999] }),
    ...{ ...IOTOPEN, part: 'catalogue', mark: 'warning' },
    ...{
      cause: /does not see the installations with client id 9999/,
      remedy: /Assign them to it, or correct "installations"/,
    },
  },
  {
    name: 'a broker of IoT Open that does not run',
    break: async (draft) => platform(draft, { mqtt: { clientId: 'driver-school', url: `mqtt://127.0.0.1:1` } }),
    ...{ ...IOTOPEN, part: 'broker connection', reason: 'nothingListens' },
    ...{ cause: /IoT Open "school", its MQTT broker at .*nothing listens there/, remedy: /Start the broker/ },
  },
  {
    name: 'a port for seneye that another program uses',
    break: async (draft) => {
      Object.assign(draft.settings.ingest.seneye, { port: await portOf(() => undefined) });
      return draft;
    },
    ...{ ...SENEYE, part: 'port', reason: 'EADDRINUSE' },
    ...{ cause: /cannot use port \d+ of 127\.0\.0\.1: another program does/, remedy: /settings\.ingest\.seneye\.port/ },
  },
  {
    name: 'an address for seneye that this machine does not have',
    break: (draft) => {
      Object.assign(draft.settings.ingest.seneye, { host: '192.0.2.1' });
      return draft;
    },
    ...{ ...SENEYE, part: 'port', reason: 'EADDRNOTAVAIL' },
    ...{ cause: /This machine has no address 192\.0\.2\.1/, remedy: /Correct settings\.ingest\.seneye\.host/ },
  },
];

describe('check finds', () => {
  it.each(TABLE)('$name', (broken) => verify(broken, setUp));
});
