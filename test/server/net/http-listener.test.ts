/** The listener itself: ports that are taken, and certificates that are wrong or renewed. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SecretSource } from '../../../src/config/secret.ts';
import { HttpListener, type ListenerConfig } from '../../../src/net/http-listener.ts';
import { authority, TestLog } from '../bus/support.ts';
import { post } from '../../../simulators/seneye/http-post.ts';
import { eventually } from '../../support/eventually.ts';

const PATH = '/some/path';
const NAMES = { listener: 'the test listener', portKey: 'test.port', hostKey: 'test.host', limits: 'Use fewer.' };
const CONFIG: ListenerConfig = {
  ...{ host: '127.0.0.1', port: 0, needsHost: false },
  ...{ maxConnections: 100, maxConnectionsPerAddress: 100, requestTimeoutMs: 10_000 },
};

/** A listener that answers everything with 200; ends with the test. */
function listenerForTest(config: Partial<ListenerConfig> = {}) {
  const log = new TestLog();
  const states: [string, string | undefined][] = [];
  const listener = new HttpListener({
    config: { ...CONFIG, ...config },
    names: NAMES,
    logger: log,
    onRequest: (_request, response) => response.end('fine'),
    onBroken: () => undefined,
    onState: (state, message) => states.push([state, message]),
    renewMs: 20,
    retry: { minMs: 20, maxMs: 50 },
  });
  listener.start();
  onTestFinished(() => {
    listener.close();
  });
  const up = async (): Promise<number> => {
    await eventually(() => {
      expect(states.at(-1)?.[0]).toBe('up');
    });
    return listener.address?.port ?? 0;
  };
  return { listener, log, states, up };
}

/** A certificate whose files can be changed. */
function tlsOf(files: { cert: string; key: string }): NonNullable<ListenerConfig['tls']> {
  return { certFile: new SecretSource(async () => files.cert), keyFile: new SecretSource(async () => files.key) };
}

/** Serial number of the certificate that the listener shows. */
async function serial(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.caPem });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe('a port that is taken', () => {
  it('is reported, tried again, and used when it is free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { states, up } = listenerForTest({ port });
    await eventually(() => {
      expect(states.length).toBeGreaterThan(2);
    });
    expect(states[0]).toEqual(['down', expect.stringContaining(`port ${port} of 127.0.0.1: another program does`)]);
    other.close();
    expect(await up()).toBe(port);
    expect((await post({ url: `http://127.0.0.1:${port}${PATH}`, source: 'x', body: 'x' })).status).toBe(200);
  });

  it('is not tried any more after the end', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { listener, states } = listenerForTest({ port: (other.address() as AddressInfo).port });
    await eventually(() => {
      expect(states).not.toEqual([]);
    });
    listener.close();
    const { length } = states;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(states).toHaveLength(length);
  });

  it('an address of another machine is reported as such', async () => {
    const { states } = listenerForTest({ host: '192.0.2.1' });
    await eventually(() => {
      expect(states[0]?.[1]).toContain('no address 192.0.2.1');
    });
  });
});

describe('TLS', () => {
  it('is taken, and plain HTTP then is not', async () => {
    const { certPem, keyPem } = await authority.issue();
    const { up } = listenerForTest({ tls: tlsOf({ cert: certPem, key: keyPem }) });
    const port = await up();
    const place = `//127.0.0.1:${port}${PATH}`;
    expect((await post({ url: `https:${place}`, source: 'x', body: 'x', ca: authority.caPem })).text).toBe('fine');
    await expect(post({ url: `http:${place}`, source: 'x', body: 'x' })).rejects.toThrow();
    expect((await post({ url: `https:${place}`, source: 'x', body: 'x', ca: authority.caPem })).text).toBe('fine');
  });

  it('waits for a certificate and a key that can be used', async () => {
    const [good, other] = [await authority.issue(), await authority.issue()];
    const files = { cert: good.certPem, key: other.keyPem };
    const { states, up, log } = listenerForTest({ tls: tlsOf(files) });
    await eventually(() => {
      expect(states[0]).toEqual([
        'down',
        expect.stringContaining('Certificate and key of the listener cannot be used'),
      ]);
    });
    files.key = 'no key';
    await eventually(() => {
      expect(states.length).toBeGreaterThan(2);
    });
    files.key = good.keyPem;
    expect(await up()).toBeGreaterThan(0);
    expect(`${log.text()}${JSON.stringify(states)}`).not.toMatch(/PRIVATE KEY|no key/);
  });

  it('uses a renewed certificate without a new start, and keeps the old one while the new one is wrong', async () => {
    const [old, renewed] = [await authority.issue(), await authority.issue()];
    const files = { cert: old.certPem, key: old.keyPem };
    const { up, log } = listenerForTest({ tls: tlsOf(files) });
    const port = await up();
    const first = await serial(port);
    files.cert = renewed.certPem;
    await eventually(() => {
      expect(log.text()).toContain('keeps its old certificate');
    });
    expect(await serial(port)).toBe(first);
    files.key = renewed.keyPem;
    await eventually(async () => {
      expect(await serial(port)).not.toBe(first);
    });
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});
