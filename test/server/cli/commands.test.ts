import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { runProgram } from '../../../src/cli/program.ts';
import { publicKeyOf } from '../../../src/config/keyfile.ts';
import { readJson, withoutComments } from '../../../src/lib/json.ts';
import { good, server } from '../../support/config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a command line and keeps what it prints. */
async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, { out: (line) => out.push(line), err: (line) => err.push(line), env });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('the command line', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await command(['--version'])).toEqual({ code: 0, out: version, err: '' });
  });

  it('prints its commands and exit codes', async () => {
    const { code, out } = await command(['--help']);
    expect(code).toBe(0);
    for (const word of ['check', 'keygen', 'Exit codes']) expect(out).toContain(word);
  });

  it.each([['--version'], ['--help'], ['map', '--help'], ['run', '--help']])(
    'answers %s without loading what the command would need',
    async (...args) => {
      const hook = `import { registerHooks } from 'node:module';
        registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) });`;
      const run = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, 'src/main.ts', ...args];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, run);
      expect(stdout).not.toBe('');
      expect(stderr).toMatch(/node_modules\/commander\//);
      expect(stderr).not.toMatch(/node_modules\/(?!commander\/)/);
    },
  );

  it.each([['nope'], ['check', '--nope'], ['keygen', 'too', 'many']])(
    'refuses %s with exit code 2',
    async (...args) => {
      const { code, err } = await command(args);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: /);
    },
  );
});

describe('keygen', () => {
  const file = () => join(folder, 'privatekey.nk');

  it('writes the seed for its owner only, and prints the public key alone', async () => {
    const { code, out } = await command(['keygen', '--dir', folder]);
    expect(code).toBe(0);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const seed = (await readFile(file(), 'utf8')).trim();
    expect(out).toBe(publicKeyOf(seed));
  });

  it('keeps an existing key unless --replace is given', async () => {
    await writeFile(file(), 'old', { mode: 0o644 });
    expect(await command(['keygen', '-d', folder])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('exists already; --force replaces it') as string,
    });
    expect(await readFile(file(), 'utf8')).toBe('old');
    expect((await command(['keygen', '-d', folder, '--force'])).code).toBe(0);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readFile(file(), 'utf8')).toMatch(/^SU/);
  });

  it('makes a missing folder, for its owner only', async () => {
    const missing = join(folder, 'etc', 'driver');
    const { code, out } = await command(['keygen', '-d', missing]);
    expect(code).toBe(0);
    for (const made of [missing, join(folder, 'etc')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect(publicKeyOf((await readFile(join(missing, 'privatekey.nk'), 'utf8')).trim())).toBe(out);
  });

  it('says when it cannot write', async () => {
    await writeFile(file(), 'a file is no folder');
    const { code, err } = await command(['keygen', '-d', join(file(), 'below')]);
    expect([code, err]).toEqual([1, expect.stringContaining('cannot be written')]);
  });
});

describe('check', () => {
  const path = () => join(folder, 'iota.seeqdrv.json');
  const credentials = { user: 'driver', password: { env: 'SEEQ_PASSWORD' } };

  it('says what a good configuration amounts to, without a secret', async () => {
    const { out: publickey } = await command(['keygen', '-d', folder]);
    await writeFile(path(), JSON.stringify(good({ publickey, extra: 1 }, { servers: [server({ credentials })] })));
    const { code, out, err } = await command(['check', '--offline', '-c', path()], { SEEQ_PASSWORD: 'hunter2' });
    expect(code).toBe(0);
    expect(out).toContain(`${path()} is valid.`);
    expect(out).toContain('mon.example.com:443 (TLS)');
    expect(out).toContain('plant-a: https://seeq.example.com (user of directory Seeq)');
    expect(err).toBe('warning: extra: is not a known key and is ignored');
    expect(out).not.toContain('hunter2');
  });

  it('takes the key file from an option, a variable or a key of the file', async () => {
    const elsewhere = join(folder, 'secret');
    const { out: publickey } = await command(['keygen', '-d', elsewhere]);
    const key = join(elsewhere, 'privatekey.nk');
    const write = (bus: object) =>
      writeFile(path(), JSON.stringify(good({ publickey }, { servers: [server({ credentials })], bus })));
    const run = (args: string[], env: object) =>
      command(['check', '--offline', '-c', path(), ...args], { SEEQ_PASSWORD: 'hunter2', ...env });
    await write({});
    expect(await run([], {})).toMatchObject({ code: 2, err: expect.stringContaining('privatekey.nk') as string });
    expect(await run(['--key', key], {})).toMatchObject({ code: 0, err: '' });
    expect(await run([], { IOTA_SEEQDRV_KEY: key })).toMatchObject({ code: 0, err: '' });
    const wrong = join(folder, 'none.nk');
    expect((await run([], { IOTA_SEEQDRV_KEY: wrong })).err).toContain(`IOTA_SEEQDRV_KEY: the file ${wrong} does not`);
    await write({ seed: { file: 'secret/privatekey.nk' } });
    expect(await run([], {})).toMatchObject({ code: 0, err: '' });
    await write({ seed: { file: 'none.nk' } });
    expect((await run([], {})).err).toContain(`settings.bus.seed: the file ${wrong} does not exist`);
    // The option comes before the variable, and that before the file.
    expect(await run(['--key', key], { IOTA_SEEQDRV_KEY: wrong })).toMatchObject({ code: 0 });
    expect(await run([], { IOTA_SEEQDRV_KEY: key })).toMatchObject({ code: 0 });
  });

  it('warns of a key that every user of the machine can read', async () => {
    const { out: publickey } = await command(['keygen', '-d', folder]);
    await chmod(join(folder, 'privatekey.nk'), 0o644);
    await writeFile(path(), JSON.stringify(good({ publickey }, { servers: [server({ credentials })] })));
    const { code, err } = await command(['check', '--offline', '-c', path()], { SEEQ_PASSWORD: 'hunter2' });
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: privatekey\.nk: .* is open to every user of this machine \(mode 0644\); chmod 600/);
  });

  it('says what feeds there are, and no token in an address', async () => {
    const { out: publickey } = await command(['keygen', '-d', folder]);
    const topics = [{ filter: 'a/#' }];
    const ingest = {
      mqtt: [{ name: 'hall', url: 'wss://broker.example.com/mqtt?token=hunter2', clientId: 'driver', topics }],
      seneye: { sources: [{ source: 'SWS_1', secret: { env: 'SENEYE' } }] },
    };
    await writeFile(path(), JSON.stringify(good({ publickey }, { servers: [], ingest })));
    const { code, out, err } = await command(['check', '--offline', '-c', path()], { SENEYE: 'hunter2' });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('readings on iota.readings.> (stream READINGS)');
    expect(out).toContain('feed    mqtt hall: wss://broker.example.com/mqtt?[hidden]');
    expect(out).toContain('seneye: http://<this machine>:7878/localexchange/endpoint for SWS_1');
    expect(out).not.toContain('hunter2');
  });

  it('names every problem, with exit code 2', async () => {
    await writeFile(path(), JSON.stringify(good({ debug: 7 }, { servers: [server({ credentials })] })));
    const { code, out, err } = await command(['check', '--offline'], { IOTA_SEEQDRV_CONFIG: path() });
    expect([code, out]).toEqual([2, '']);
    for (const word of ['3 problems', 'debug', 'privatekey.nk', 'SEEQ_PASSWORD is not set'])
      expect(err).toContain(word);
  });
});

describe('config', () => {
  const path = () => join(folder, 'iota.seeqdrv.json');
  const credentials = { user: 'driver', password: { env: 'SEEQ_PASSWORD' } };

  it('shows what applies, with defaults and the environment, and no secret', async () => {
    const broker = { name: 'hall', url: 'wss://broker.example.com/mqtt?token=hunter2', clientId: 'driver' };
    const ingest = { mqtt: [{ ...broker, topics: [{ filter: 'a/#' }] }] };
    await writeFile(path(), JSON.stringify(good({}, { servers: [server({ credentials })], ingest })));
    const variable = 'IOTA_SEEQDRV__settings__bus__queue';
    const { code, out, err } = await command(['config', 'show', '-c', path()], { [variable]: 'other' });
    expect([code, err]).toEqual([0, `settings.bus.queue is from the variable ${variable}`]);
    expect(out).not.toContain('hunter2');
    expect(JSON.parse(out)).toMatchObject({
      metricsmsec: 30_000,
      settings: {
        bus: { queue: 'other', chunkBytes: 524_288 },
        servers: [{ name: 'plant-a', credentials: { user: '<secret>', password: { env: 'SEEQ_PASSWORD' } } }],
        ingest: { mqtt: [{ name: 'hall', url: 'wss://broker.example.com/mqtt?<secret>' }] },
      },
    });
  });

  it('says what is wrong with it', async () => {
    await writeFile(path(), JSON.stringify(good({ debug: 7 })));
    const { code, out, err } = await command(['config', 'show', '-c', path()], { IOTA_SEEQDRV__debugg: '1' });
    expect([code, out]).toEqual([2, '']);
    for (const word of ['debug', 'IOTA_SEEQDRV__debugg']) expect(err).toContain(word);
  });

  it('has an example that check accepts, and of which every comment can be removed', async () => {
    const { out: publickey } = await command(['keygen', '-d', folder]);
    const { code, out } = await command(['config', 'example', '--publickey', publickey]);
    expect(code).toBe(0);
    await writeFile(path(), out);
    const env = { SEEQ_ACCESS_KEY: 'key', SEEQ_PASSWORD: 'hunter2' };
    expect(await command(['check', '--offline', '-c', path()], env)).toMatchObject({ code: 0, err: '' });
    // Without the marks of all keys it is still JSON with comments.
    const uncommented = out.replaceAll(/^( *)\/\/ (?= *(?:"\w+": |[\]}[{]|"[^"]*",?$|-?\d+,?$|\/\/))/gm, '$1');
    const { value } = readJson(withoutComments(uncommented));
    expect(value).toMatchObject({ debug: 0, settings: { bus: { tls: { first: false } }, limits: {}, ingest: {} } });
  });

  it('has a schema that accepts the example', async () => {
    const { out: schema } = await command(['config', 'schema']);
    const { out: example } = await command(['config', 'example']);
    const validate = new Ajv({ strict: false }).compile(JSON.parse(schema) as object);
    const { value } = readJson(withoutComments(example));
    expect([validate(value), validate.errors]).toEqual([true, null]);
    expect(validate({ ...(value as object), settings: { nothing: 1 } })).toBe(false);
  });
});
