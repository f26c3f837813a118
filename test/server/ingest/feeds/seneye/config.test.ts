/** `settings.ingest.seneye` as the driver reads it, and what it says of mistakes. */
import { describe, expect, it } from 'vitest';
import { good, load, refusal } from '../../../../support/config.ts';
import { authority } from '../../../bus/support.ts';
import { startSeneyeSender } from '../../../../../simulators/seneye/sender.ts';
import { ingestForTest, type IngestHarness } from '../../support.ts';

type Raw = Record<string, unknown>;

const source = (more: Raw = {}): Raw => ({ source: 'SWS_0001', secret: { env: 'SENEYE' }, ...more });
const file = (seneye: Raw): Raw => good({}, { ingest: { seneye } });
const env = { SENEYE: 'FGQEEESSA' };

/** Problems by path, without the part that all of them share. */
async function problems(seneye: Raw): Promise<Record<string, string>> {
  const found = await refusal(file(seneye), { env });
  expect(found.message).not.toContain(env.SENEYE);
  return Object.fromEntries(
    found.problems.map(({ path, message }) => [path.replace('settings.ingest.seneye', ''), message]),
  );
}

describe('the configuration', () => {
  it('needs only a source with its secret', async () => {
    const { config } = await load(file({ sources: [source()] }), { env });
    const { seneye } = config.ingest ?? {};
    expect(seneye).toMatchObject({
      ...{ port: 7878, path: '/localexchange/endpoint', strict: false, outOfWater: 'questionable' },
      ...{ successStatus: 200, unknownSourceStatus: 404, badSignatureStatus: 401, bodyBytes: 65_536 },
      ...{ staleAfterMs: 3_900_000, rateLimit: { burst: 30, perSecond: 1 } },
    });
    expect(seneye).not.toHaveProperty('host');
    expect(await seneye?.sources[0]?.secret?.reveal()).toBe('FGQEEESSA');
    expect(JSON.stringify(config)).not.toContain('FGQEEESSA');
  });

  it.each([
    [{}, 'sources'],
    [{ sources: [] }, 'sources'],
    [{ sources: [source({ source: 'SWS 1' })] }, 'sources[0].source'],
    [{ sources: [source({ source: '' })] }, 'sources[0].source'],
    [{ sources: [source({ source: 'SWS\r\n1' })] }, 'sources[0].source'],
    [{ sources: [source({ secret: undefined })] }, 'sources[0].secret'],
    [{ sources: [source({ secret: 'FGQEEESSA' })] }, 'sources[0].secret'],
    [{ sources: [source({ secret: { env: 'MISSING' } })] }, 'sources[0].secret'],
    [{ sources: [source(), source()] }, 'sources[1].source'],
    [{ sources: [source({ name: 'Home' }), source({ source: 'SCA_2', name: 'home' })] }, 'sources[1].name'],
    [{ sources: [source({ devices: [{ id: 'A' }, { id: 'A' }] })] }, 'sources[0].devices[1].id'],
    [{ sources: [source()], port: 70_000 }, 'port'],
    [{ sources: [source()], host: '0.0.0.0:7878' }, 'host'],
    [{ sources: [source()], path: 'endpoint' }, 'path'],
    [{ sources: [source()], path: '/a?b' }, 'path'],
    [{ sources: [source()], successStatus: 500 }, 'successStatus'],
    [{ sources: [source()], unknownSourceStatus: 200 }, 'unknownSourceStatus'],
    [{ sources: [source()], outOfWater: 'drop' }, 'outOfWater'],
    [{ sources: [source()], tls: { certFile: 'a.pem' } }, 'tls.keyFile'],
    [{ sources: [source()], tls: { certFile: 'a.pem', keyFile: 'b.pem' } }, 'tls.certFile'],
    [{ sources: [source()], rateLimit: { perSecond: 0 } }, 'rateLimit.perSecond'],
    [{ sources: [source()], prot: 1 }, 'prot'],
  ])('%j is refused at %s', async (seneye, path) => {
    expect(Object.keys(await problems(seneye))).toContain(`.${path}`);
  });

  it.each(['0.0.0.0', '::', '::1', 'localhost', 'gateway.local'])('takes the host %s', async (host) => {
    expect((await load(file({ sources: [source()], host }), { env })).config.ingest?.seneye?.host).toBe(host);
  });
});

/** The port that the log names. */
async function port(harness: IngestHarness): Promise<number> {
  await harness.becomes('up', 'lde');
  const line = harness.log.lines.find(({ message }) => message.includes('listens at port '));
  return Number(line?.message.split(' ').at(-1));
}

describe('the whole feed', () => {
  it('takes posts over TLS, and a secret that was changed in its file', async () => {
    const { certPem, keyPem } = await authority.issue();
    const files: Record<string, string> = { 'seneye.secret': 'FIRST\n', 'tls.pem': certPem, 'tls.key': keyPem };
    const sources = [source({ name: 'home', secret: { file: 'seneye.secret' } })];
    const tls = { certFile: 'tls.pem', keyFile: 'tls.key' };
    const harness = await ingestForTest({ seneye: { host: '127.0.0.1', port: 0, sources, tls } }, { files });
    const url = `https://127.0.0.1:${await port(harness)}/localexchange/endpoint`;
    const sender = (secret: string) => startSeneyeSender({ url, secret, source: 'SWS_0001', ca: authority.caPem });
    expect(await sender('FIRST').postNow()).toMatchObject([{ status: 200 }]);
    files['seneye.secret'] = 'SECOND\n';
    expect(await sender('FIRST').postNow()).toMatchObject([{ status: 401 }]);
    expect(await sender('SECOND').postNow()).toMatchObject([{ status: 200 }]);
    expect((await harness.readings()).map(({ source: from }) => from)).toContain('seneye:home');
    expect(harness.metrics('lde')).toMatchObject({ kind: 'seneye', received: 2, refused: 1, atMostOnce: 0 });
  });
});
