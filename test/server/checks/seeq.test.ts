/** `check` on set-ups with a broken Seeq server. */
import { request } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it, onTestFinished } from 'vitest';
import { startSeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { createAuthority } from '../../support/nats/index.ts';
import { portOf, verify, webServer, type BrokenSetUp } from './broken.ts';
import { startSetUp, type Draft, type SetUp } from './set-up.ts';

let setUp: SetUp;
beforeAll(async () => {
  setUp = await startSetUp();
});
afterAll(() => setUp.stop());
afterEach(() => setUp.parts.seeq.control.heal());

/** Changes the configured server. */
const change = (draft: Draft, members: object): Draft => {
  Object.assign(draft.settings.servers[0] as object, members);
  return draft;
};

/** A simulator with TLS. Returns its address. */
async function withTls(
  hosts: string[] | undefined,
  options: { expired?: boolean; foreign?: boolean } = {},
): Promise<string> {
  const issuer = options.foreign === true ? await createAuthority() : setUp.parts.authority;
  const { certPem, keyPem } = await issuer.issue(hosts, { expired: options.expired ?? false });
  const certFile = join(setUp.parts.folder, 'seeq.crt');
  const keyFile = join(setUp.parts.folder, 'seeq.key');
  await Promise.all([writeFile(certFile, certPem), writeFile(keyFile, keyPem)]);
  const seeq = await startSeeqSimulator({ port: 0, tls: { certFile, keyFile } });
  onTestFinished(() => seeq.stop());
  return seeq.url;
}

const tls = { caFile: 'ca.pem' };
const GROUP = { group: 'Source plant' } as const;

const TABLE: BrokenSetUp[] = [
  {
    name: 'a host name that does not exist',
    break: (draft) => change(draft, { url: 'http://seeq.invalid' }),
    ...{ ...GROUP, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /its host name cannot be resolved/, remedy: /DNS/ },
  },
  {
    name: 'an address where nothing listens',
    break: async (draft) => change(draft, { url: `http://127.0.0.1:1` }),
    ...{ ...GROUP, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /nothing listens at its address/, remedy: /is the server running, and is the port right\?/ },
  },
  {
    name: 'http:// to a server with TLS',
    break: async (draft) => change(draft, { url: (await withTls(undefined)).replace('https:', 'http:') }),
    ...{ ...GROUP, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /the server there expects TLS/, remedy: /Write "https:\/\/127\.0\.0\.1:\d+" as its "url"/ },
  },
  {
    name: 'https:// to a server without TLS',
    break: (draft, { seeq }) => change(draft, { url: seeq.url.replace('http:', 'https:') }),
    ...{ ...GROUP, part: 'TLS', reason: 'sourceUnavailable' },
    ...{ cause: /answers without TLS/, remedy: /Write "http:\/\/127\.0\.0\.1:\d+" as its "url"/ },
  },
  {
    name: 'a certificate of an authority that is not trusted',
    break: async (draft) => change(draft, { url: await withTls(undefined, { foreign: true }), tls }),
    ...{ ...GROUP, part: 'TLS', reason: 'sourceUnavailable' },
    ...{ cause: /is not signed by a trusted authority/, remedy: /give that authority as tls\.caFile/ },
  },
  {
    name: 'an expired certificate',
    break: async (draft) => change(draft, { url: await withTls(undefined, { expired: true }), tls }),
    ...{ ...GROUP, part: 'TLS', reason: 'sourceUnavailable' },
    ...{ cause: /its certificate is not valid today/, remedy: /renew it or check the clocks/ },
  },
  {
    name: 'a certificate for another name',
    break: async (draft) => change(draft, { url: await withTls(['seeq.example.com']), tls }),
    ...{ ...GROUP, part: 'TLS', reason: 'sourceUnavailable' },
    ...{ cause: /its certificate is for another host name/, remedy: /use that name in "url"/ },
  },
  {
    name: 'an access key with a wrong password',
    break: (draft) =>
      change(draft, { credentials: { accessKey: { file: 'access.key' }, password: { file: 'wrong.secret' } } }),
    ...{ ...GROUP, part: 'log-in', reason: 'unauthorized' },
    ...{ cause: /did not accept|log-in/, remedy: /Likely cause: the access key has expired/ },
  },
  {
    name: 'a user of a directory that the server does not have',
    break: (draft) =>
      change(draft, { credentials: { user: 'driver', password: { file: 'wrong.secret' }, directory: 'Corporate' } }),
    ...{ ...GROUP, part: 'log-in', reason: 'unauthorized' },
    ...{ cause: /has no directory "Corporate"/, remedy: /it offers "/ },
  },
  {
    name: 'another web server in the place of Seeq',
    break: async (draft) => {
      const url = await webServer((_request, response) => response.writeHead(404).end('no such page'));
      return change(draft, { url });
    },
    ...{ ...GROUP, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /another web server answers there \(status 404\)/, remedy: /Its "url" must be the address of Seeq/ },
  },
  {
    name: 'a proxy without a server behind it',
    break: async (draft) => {
      const url = await webServer((_request, response) => response.writeHead(503).end());
      return change(draft, { url });
    },
    ...{ ...GROUP, part: 'connection', reason: 'sourceUnavailable' },
    ...{ cause: /is not available \(503\)/, remedy: /Server "plant"/ },
  },
  {
    name: 'a server that takes connections and is silent',
    break: async (draft) => change(draft, { url: `http://127.0.0.1:${await portOf(() => undefined)}` }),
    args: ['--timeout', '4000'],
    ...{ ...GROUP, part: 'connection', reason: 'timeout' },
    ...{ cause: /no result within 4000 ms/, remedy: /Check the network and the load of the other side/ },
  },
  {
    name: 'a search that the server refuses',
    break: async (draft, { seeq }) => {
      await seeq.control.fail({ kind: 'status', status: 403, path: '/items' });
      return draft;
    },
    ...{ ...GROUP, part: 'search', reason: 'forbidden' },
    ...{ cause: /gives the driver's user no access to this/, remedy: /Server "plant"/ },
  },
  {
    name: 'samples that the server refuses',
    break: async (draft, { seeq }) => {
      await seeq.control.fail({ kind: 'status', status: 403, path: '/sample/' });
      return draft;
    },
    ...{ ...GROUP, part: 'sample', reason: 'forbidden' },
    ...{ cause: /gives the driver's user no access to this/, remedy: /Server "plant"/ },
  },
  {
    name: 'a clock that is an hour behind',
    break: async (draft, { seeq }) => change(draft, { url: await anHourBehind(seeq.url) }),
    ...{ ...GROUP, part: 'clock', mark: 'warning', reason: 'clock' },
    ...{
      cause: /The clock of this machine is about 3[56]\d\d s ahead of that of the server/,
      remedy: /time service \(NTP\)/,
    },
  },
];

/** Passes everything on, with the date of an hour ago. */
function anHourBehind(url: string): Promise<string> {
  return webServer((incoming, response) => {
    const { method, headers } = incoming;
    const outgoing = request(`${url}${incoming.url ?? ''}`, { method, headers }, (answer) => {
      const date = new Date(Date.now() - 3_600_000).toUTCString();
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
}

describe('check finds', () => {
  it.each(TABLE)('$name', (broken) => verify(broken, setUp));
});
