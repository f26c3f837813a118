/** `settings.http`: what may be reached by whom must be meant. */
import { describe, expect, it } from 'vitest';
import { good, problems } from '../../support/config.ts';
import { validate } from '../../../src/config/rules.ts';
import { addressesIn, httpSchema, isLocalAddress } from '../../../src/http/config.ts';

const check = (given: object) => {
  const { issues, warnings } = validate(httpSchema, { port: 9465, ...given });
  const text = ({ path, message }: { path: PropertyKey[]; message: string }) => `${path.join('.')} ${message}`;
  return { problems: issues.map(text), warnings: warnings.map(text) };
};
const token = { file: 'http.token' };

describe('an address that other machines can reach', () => {
  it.each([['0.0.0.0'], ['::'], ['10.1.2.3'], ['driver.example.com']])(
    '%s needs something that protects it',
    (address) => {
      expect(check({ address }).problems).toEqual([expect.stringMatching(/^address is reachable by other machines/)]);
      expect(check({ address, token, tls: { certFile: 'a', keyFile: 'b' } })).toEqual({ problems: [], warnings: [] });
      expect(check({ address, trustedHeader: 'X-User' })).toEqual({ problems: [], warnings: [] });
      expect(check({ address, access: 'open' })).toEqual({ problems: [], warnings: [] });
    },
  );

  it('a token without TLS there is a warning', () => {
    expect(check({ address: '0.0.0.0', token }).warnings).toEqual([
      expect.stringMatching(/^token travels unencrypted/),
    ]);
    expect(check({ token }).warnings).toEqual([]);
  });

  it.each([['127.0.0.1'], ['127.3.2.1'], ['::1'], ['localhost']])('%s is none', (address) => {
    expect(isLocalAddress(address)).toBe(true);
    expect(check({ address })).toEqual({ problems: [], warnings: [] });
  });
});

it.each([
  [{ trustedHeader: 'X User' }, 'trustedHeader must be the name of a header'],
  [{ trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies.0 must be an IP address'],
  [{ trustedProxies: ['proxy.example.com'] }, 'trustedProxies.0 must be an IP address'],
  [{ hostNames: ['https://x'] }, 'hostNames.0 must be a host name'],
  [{ address: '127.0.0.1:80' }, 'address must be an IP address or host name of this machine, without a port'],
])('%j is a mistake', (given, problem) => {
  expect(check(given).problems).toEqual([expect.stringContaining(problem)]);
});

it('a network has its addresses', () => {
  const list = addressesIn(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  expect(['10.9.8.7', '192.0.2.1', '192.0.2.2'].map((one) => list.check(one))).toEqual([true, true, false]);
  expect(['fd12::1', 'fe80::1'].map((one) => list.check(one, 'ipv6'))).toEqual([true, false]);
});

it.each([
  [{ port: 7878 }, {}, true],
  [{ port: 7878 }, { host: '127.0.0.1' }, true],
  [{ port: 7878 }, { host: '192.0.2.1' }, false],
  [{ port: 7878, address: '0.0.0.0', access: 'open' }, { host: '192.0.2.1' }, true],
  [{ port: 9465 }, {}, false],
])('http %j and seneye %j have the same port: %s', async (http, seneye, isSame) => {
  const sources = [{ source: 'SWS_1', secret: { env: 'SENEYE' } }];
  const found = await problems(good({}, { http, ingest: { seneye: { ...seneye, sources } } }));
  expect(found.some(({ path }) => path === 'settings.http.port')).toBe(isSame);
});
