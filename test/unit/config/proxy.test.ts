import { describe, expect, it } from 'vitest';
import { environmentProxy } from '../../../src/config/proxy.ts';

const SERVER = 'https://seeq.plant.example.com';
const PROXY = 'http://proxy.example.com:3128';
const chosen = (target: string, env: Record<string, string>) => environmentProxy(target, env)?.url;

describe('the proxy of the environment', () => {
  it('is that of the scheme, in either case, the lower one first', () => {
    expect(chosen(SERVER, { HTTPS_PROXY: PROXY })).toBe(PROXY);
    expect(chosen(SERVER, { https_proxy: PROXY, HTTPS_PROXY: 'http://other' })).toBe(PROXY);
    expect(chosen(SERVER, { HTTP_PROXY: PROXY })).toBeUndefined();
    expect(chosen('http://seeq:34216', { HTTP_PROXY: PROXY })).toBe(PROXY);
    expect(chosen(SERVER, { HTTPS_PROXY: '' })).toBeUndefined();
    expect(chosen(SERVER, { HTTPS_PROXY: 'proxy.example.com:3128' })).toBe(PROXY);
  });

  it('shows no credentials', async () => {
    const proxy = environmentProxy(SERVER, { HTTPS_PROXY: 'http://reader:p%40ss@proxy.example.com:3128' });
    expect(proxy?.url).toBe(PROXY);
    expect(JSON.stringify(proxy)).not.toMatch(/reader|ss@|p%40ss/);
    expect([await proxy?.user?.reveal(), await proxy?.password?.reveal()]).toEqual(['reader', 'p@ss']);
  });

  it.each(['socks5://secret@proxy:1080', 'http://', 'a b'])('%s is refused, without its text', (text) => {
    expect(() => environmentProxy(SERVER, { HTTPS_PROXY: text })).toThrow(
      'the variable HTTPS_PROXY must name an HTTP proxy',
    );
  });

  it.each(['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://seeq.localhost'])(
    'is not for this machine (%s)',
    (target) => {
      expect(chosen(target, { HTTP_PROXY: PROXY })).toBeUndefined();
    },
  );

  it.each([
    ['*', SERVER],
    ['other, plant.example.com', SERVER],
    ['.example.com', SERVER],
    ['*.example.com', SERVER],
    ['SEEQ.plant.example.com:443', SERVER],
    ['10.0.0.0/8', 'https://10.1.2.3'],
    ['10.1.2.3', 'https://10.1.2.3:8443'],
    ['fd00::/8', 'https://[fd00::5]'],
    ['fd00::5', 'https://[fd00::5]'],
  ])('is not for what NO_PROXY lists (%s)', (list, target) => {
    expect(chosen(target, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBeUndefined();
    expect(chosen(target, { HTTPS_PROXY: PROXY, no_proxy: list })).toBeUndefined();
  });

  it.each([
    'ample.com',
    'seeq.plant.example.com:8443',
    '10.0.0.0/8',
    'xseeq.plant.example.com',
    '/',
    '10.0.0.0/x',
    ',',
  ])('is for what NO_PROXY does not list (%s)', (list) => {
    expect(chosen(SERVER, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBe(PROXY);
  });
});
