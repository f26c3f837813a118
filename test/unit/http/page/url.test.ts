/** Where a browser that opens the address of the seneye receiver is led. */
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { pageUrl } from '../../../../src/http/page/url.ts';

const LOCAL = { address: '127.0.0.1' };
const OPEN = { address: '0.0.0.0' };
const tls = {} as never;

it.each([
  ['a page on this machine, for a browser on it', LOCAL, 8080, '127.0.0.1', 'http://127.0.0.1:8080/seneye'],
  ['the same over IPv6', LOCAL, 8080, '::ffff:127.0.0.1', 'http://127.0.0.1:8080/seneye'],
  ['none for a browser elsewhere, which cannot reach it', LOCAL, 8080, '192.0.2.7', undefined],
  ['none for a browser whose address is not known', LOCAL, 8080, undefined, undefined],
  ['none while the server does not listen', LOCAL, undefined, '127.0.0.1', undefined],
  ['the name of the machine, if it listens at all addresses', OPEN, 80, '192.0.2.7', `http://${hostname()}:80/seneye`],
  ['an address of IPv6, with TLS', { address: '2001:db8::1', tls }, 443, '::1', 'https://[2001:db8::1]:443/seneye'],
  [
    'the configured URL before all others',
    { ...LOCAL, publicUrl: 'https://seeqdrv.example.com/' },
    ...([undefined, '192.0.2.7', 'https://seeqdrv.example.com/seneye'] as const),
  ],
])('%s', (_name, config, port, browser, url) => {
  expect(pageUrl(config, port, '/seneye', browser)).toBe(url);
});
