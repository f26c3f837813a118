/** `check` on broken set-ups of NATS: addresses, TLS, log-in. The second address is well, so everything else is. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createAuthority } from '../../support/nats/index.ts';
import { natsForTest, portOf, verify, type BrokenSetUp } from './broken.ts';
import { ADMIN, startSetUp, type Draft, type Parts, type SetUp } from './set-up.ts';

let setUp: SetUp;
beforeAll(async () => {
  setUp = await startSetUp();
});
afterAll(() => setUp.stop());

/** Puts a further address before the one that is well. */
const first = (draft: Draft, address: string): Draft => {
  draft.natsurl = `${address},${draft.natsurl}`;
  return draft;
};

/** A server with this certificate before the one that is well. */
async function firstWith(
  draft: Draft,
  { authority, key }: Parts,
  options: { hosts?: string[]; expired?: boolean; foreign?: boolean },
) {
  const issuer = options.foreign === true ? await createAuthority() : authority;
  const certificate = await issuer.issue(options.hosts, { expired: options.expired ?? false });
  const { port } = await natsForTest({ certificate, users: [{ publicKey: key.publicKey }] });
  return first(draft, `127.0.0.1:${port}`);
}

const GROUP = 'NATS server 127.0.0.1';
const TABLE: BrokenSetUp[] = [
  {
    name: 'a host name that does not exist',
    break: (draft) => first(draft, 'nats.invalid:4222'),
    ...{ group: 'NATS server nats.invalid', part: 'name', reason: 'unknownHost' },
    ...{ cause: /"nats\.invalid" cannot be resolved/, remedy: /Correct the address, or the name service/ },
  },
  {
    name: 'an address where nothing listens',
    break: async (draft) => first(draft, `127.0.0.1:1`),
    ...{ group: GROUP, part: 'connection', reason: 'refused' },
    ...{ cause: /Nothing listens at 127\.0\.0\.1:\d+/, remedy: /Start the NATS server, or correct the address/ },
  },
  {
    name: 'another program in the place of the server',
    break: async (draft) =>
      first(draft, `127.0.0.1:${await portOf((socket) => socket.write('220 mail.example.com\r\n'))}`),
    ...{ group: GROUP, part: 'connection', reason: 'notNats' },
    ...{ cause: /is not a NATS server/, remedy: /Correct the address/ },
  },
  {
    name: 'a server that takes connections and is silent',
    break: async (draft) => first(draft, `127.0.0.1:${await portOf(() => undefined)}`),
    args: ['--timeout', '4000'],
    ...{ group: GROUP, part: 'connection', reason: 'timeout' },
    ...{ cause: /did not answer within 3600 ms/, remedy: /Check that the address is that of a NATS server/ },
  },
  {
    name: 'a server that closes every connection',
    break: async (draft) => first(draft, `127.0.0.1:${await portOf((socket) => socket.end())}`),
    ...{ group: GROUP, part: 'connection', reason: 'closedByServer' },
    ...{ cause: /closed the connection before it was made/, remedy: /The server's log may contain the reason/ },
  },
  {
    name: 'a server without TLS',
    break: async (draft, { key }) => {
      const { port } = await natsForTest({ users: [{ publicKey: key.publicKey }] });
      return first(draft, `127.0.0.1:${port}`);
    },
    ...{ group: GROUP, part: 'TLS', reason: 'tlsNotOffered' },
    ...{ cause: /offers no TLS, which the driver requires/, remedy: /Set up TLS at the server/ },
  },
  {
    name: 'a certificate of an authority that is not trusted',
    break: (draft, parts) => firstWith(draft, parts, { foreign: true }),
    ...{ group: GROUP, part: 'TLS', reason: 'untrusted' },
    ...{ cause: /signed by an authority that the driver does not trust/, remedy: /settings\.bus\.tls\.caFile/ },
  },
  {
    name: 'an expired certificate',
    break: (draft, parts) => firstWith(draft, parts, { expired: true }),
    ...{ group: GROUP, part: 'TLS', reason: 'expired' },
    ...{ cause: /is not valid today \(CERT_HAS_EXPIRED\)/, remedy: /Renew it, or correct the clock/ },
  },
  {
    name: 'a certificate for another name',
    break: (draft, parts) => firstWith(draft, parts, { hosts: ['nats.example.com'] }),
    ...{ group: GROUP, part: 'TLS', reason: 'hostMismatch' },
    ...{
      cause: /does not contain the name "127\.0\.0\.1" \(it contains DNS:nats\.example\.com\)/,
      remedy: /serverName/,
    },
  },
  {
    name: "a server that does not know the driver's key",
    break: async (draft, { authority }) => {
      const { port } = await natsForTest({ certificate: await authority.issue(), users: [ADMIN] });
      return first(draft, `127.0.0.1:${port}`);
    },
    ...{ group: GROUP, part: 'log-in', reason: 'authentication' },
    ...{ cause: /refused the driver's key/, remedy: /Give its public key U[A-Z0-9]+ to the server's users/ },
  },
  {
    name: 'TLS first at a server that greets first',
    break: (draft) => {
      Object.assign(draft.settings.bus.tls, { first: true });
      return draft;
    },
    ...{ group: 'NATS server localhost', part: 'TLS', reason: 'tlsFailed' },
    ...{ cause: /TLS with localhost:\d+ failed/, remedy: /settings\.bus\.tls\.first/ },
    dependents: ['NATS user', 'NATS stream'],
  },
  {
    name: 'plain TCP to a server that requires TLS',
    break: (draft) => {
      draft.natsurl = `nats://${draft.natsurl}`;
      return { ...draft, settings: { ...draft.settings, bus: { insecure: true } } };
    },
    ...{ group: 'NATS server localhost', part: 'TLS', reason: 'tlsRequired' },
    ...{
      cause: /requires TLS, but the driver is set to connect without it/,
      remedy: /Leave out settings\.bus\.insecure/,
    },
    dependents: ['NATS user', 'NATS stream'],
  },
];

describe('check finds', () => {
  it.each(TABLE)('$name', (broken) => verify(broken, setUp));
});
