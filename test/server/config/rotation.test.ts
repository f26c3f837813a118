/** Secrets and certificates of servers and of the bus that are replaced while the driver runs, in the ways in which that is done. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readFromDisk, type ReadFile } from '../../../src/config/files.ts';
import { loadConfig } from '../../../src/app/configuration.ts';
import { createAuthority } from '../../support/nats/index.ts';
import { good, makePair, pair, server } from '../../support/config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seeqdrv-rotation-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
});
const put = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text);
};

async function loaded(servers: object[], bus: object = {}, readFile: ReadFile = readFromDisk) {
  put('iota.seeqdrv.json', JSON.stringify(good({}, { servers, bus })));
  put('privatekey.nk', pair.seed);
  return (await loadConfig({ path: join(folder, 'iota.seeqdrv.json'), readFile, env: {} })).config;
}

/** As the kubelet does it: the files are links into `..data`, itself a link that is replaced at once. */
function mount(version: string, files: Record<string, string>): void {
  const data = `..${version}`;
  mkdirSync(join(folder, data));
  for (const [name, text] of Object.entries(files)) put(`${data}/${name}`, text);
  symlinkSync(data, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

describe('what is replaced', () => {
  it('by a volume of Kubernetes is used: secrets, certificates, and the key of the driver', async () => {
    const [first, second] = await Promise.all([createAuthority('First'), createAuthority('Second')]);
    const other = makePair();
    mount('1', { key: 'key 1\n', word: 'word 1\n', 'ca.pem': first.caPem });
    for (const name of ['key', 'word', 'ca.pem']) symlinkSync(join('..data', name), join(folder, name));
    const credentials = { accessKey: { file: 'key' }, password: { file: 'word' } };
    const config = await loaded([server({ credentials, tls: { caFile: 'ca.pem' } })], {
      tls: { caFile: 'ca.pem' },
    });
    const one = config.servers[0];
    const now = async () => [
      await one?.credentials.accessKey?.reveal(),
      await one?.credentials.password.reveal(),
      await one?.tls.caFile?.reveal(),
      await config.bus.tls.caFile?.reveal(),
      await config.bus.seed.reveal(),
    ];
    expect(await now()).toEqual(['key 1', 'word 1', first.caPem, first.caPem, pair.seed]);
    mount('2', { key: 'key 2', word: 'word 2\r\n', 'ca.pem': second.caPem });
    put('privatekey.nk', `${other.seed}\n`);
    expect(await now()).toEqual(['key 2', 'word 2', second.caPem, second.caPem, other.seed]);
  });

  it('is waited for while it is being written, and while its file is gone for a moment', async () => {
    put('word', 'old');
    const given: (string | undefined)[] = [];
    // Each look at the file finds the next state of it.
    const readFile: ReadFile = async (path) => {
      if (path.endsWith('word') && given.length > 0) {
        const text = given.shift();
        if (text === undefined) unlinkSync(path);
        else writeFileSync(path, text);
      }
      return readFromDisk(path);
    };
    const credentials = { user: 'driver', password: { file: 'word' } };
    const { servers } = await loaded([server({ credentials })], {}, readFile);
    const now = () => servers[0]?.credentials.password.reveal();
    given.push('ne', 'new-wo', 'new-word', 'new-word');
    expect(await now()).toBe('new-word');
    given.push(undefined, undefined, 'third', 'third');
    expect(await now()).toBe('third');
    given.push('', 'four', 'fourth', 'fourth');
    expect(await Promise.all([now(), now(), now()])).toEqual(['fourth', 'fourth', 'fourth']);
    given.push('fif', 'fourth');
    expect(await now()).toBe('fourth');
  });
});

describe('what cannot be read', () => {
  it('is an error with its place, never the text of before, and is used again as soon as it can be', async () => {
    const { caPem } = await createAuthority();
    put('word', 'old-secret');
    put('ca.pem', caPem);
    const credentials = { user: 'driver', password: { file: 'word' } };
    const config = await loaded([server({ credentials, tls: { caFile: 'ca.pem' } })]);
    const [one] = config.servers;
    unlinkSync(join(folder, 'word'));
    put('ca.pem', caPem.slice(0, 90));
    put('privatekey.nk', pair.seed.slice(0, 20));
    await expect(one?.credentials.password.reveal()).rejects.toThrow(
      /^settings\.servers\[0\]\.credentials\.password: the file .*word does not exist$/,
    );
    await expect(one?.tls.caFile?.reveal()).rejects.toThrow(
      /servers\[0\]\.tls\.caFile: the file .* holds no PEM certificate that is whole/,
    );
    const key = await config.bus.seed.reveal().catch((error: unknown) => String(error));
    expect(key).toMatch(/privatekey\.nk.*damaged NKey seed/);
    expect(key).not.toContain(pair.seed.slice(0, 20));
    put('word', 'new-secret');
    put('ca.pem', caPem);
    put('privatekey.nk', pair.seed);
    expect(await one?.credentials.password.reveal()).toBe('new-secret');
    expect(await one?.tls.caFile?.reveal()).toBe(caPem);
    expect(await config.bus.seed.reveal()).toBe(pair.seed);
  });
});
