import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../support/nats/certificates.ts';
import { fileError, good, load, pair, problem, secrets, server } from '../../support/config.ts';

const { caPem: certificate } = await createAuthority();
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the file itself', () => {
  const path = '/etc/driver/iota.seeqdrv.json';

  it.each([
    ['ENOENT', /does not exist; name another with --config/],
    ['EACCES', /may not be read by this user/],
    ['EISDIR', /is a folder/],
    ['EIO', /cannot be read \(EIO\)/],
  ])('%s', async (code, message) => {
    expect((await problem('', { files: { [path]: fileError(code) } })).message).toMatch(message);
  });

  it.each([
    ['a list', '[1]', /must hold one JSON object, not a list/],
    ['a text', '"x"', /not a string/],
    ['null', 'null', /not null/],
    ['nothing', '', /is no valid JSON\. line 1, column 1: the text ends too early/],
  ])('holds %s', async (_name, text, message) => {
    expect((await problem(text)).message).toMatch(message);
  });

  it('may begin with a byte order mark', async () => {
    expect((await load(`\ufeff${JSON.stringify(good())}`)).config.debug).toBe(0);
  });

  it('must be UTF-8', async () => {
    const utf16 = Buffer.from(`\ufeff${JSON.stringify(good())}`, 'utf16le');
    expect((await problem(utf16)).message).toMatch(/is in UTF-16; save it as UTF-8/);
    expect((await problem(utf16.swap16())).message).toMatch(/is in UTF-16/);
    const latin1 = Buffer.from(JSON.stringify(good({ driverid: 'Straße' })), 'latin1');
    expect((await problem(latin1)).message).toMatch(/is not in UTF-8/);
  });

  it('must not be huge', async () => {
    expect((await problem(new Uint8Array(5_000_000))).message).toMatch(/far too large/);
  });

  it('names the place of a mistake in the JSON, and quotes nothing of it', async () => {
    const text = JSON.stringify(good(), null, 2).replace('"SEEQ_KEY"', secrets.password);
    const found = await problem(text);
    expect(found.message).toMatch(/is no valid JSON\. line \d+, column \d+: a value is missing here/);
    expect(found.message).not.toContain(secrets.password);
    const line = text.split('\n').findIndex((each) => each.includes(secrets.password)) + 1;
    expect(found.message).toContain(`line ${line},`);
  });

  it('must not give a key twice', async () => {
    const text = JSON.stringify(good()).replace('"name":"plant-a"', '"name":"a","name":"plant-a"');
    expect(await problem(text)).toEqual({
      path: 'settings.servers[0].name',
      message: 'occurs twice in the file; keep one',
    });
  });
});

describe('a secret', () => {
  const credentials = 'settings.servers[0].credentials';
  const withPassword = (password: unknown) =>
    good({}, { servers: [server({ credentials: { accessKey: { env: 'SEEQ_KEY' }, password } })] });

  it.each([
    ['as plain text', 'hunter2-secret', /must not be in this file as text; write \{ "file": "path" \}/],
    ['as a number', 77_123_456, /must be an object, not a number/],
    ['in both places', { file: 'a', env: 'B' }, /either \{ "file": "path" \} or \{ "env": "NAME" \}/],
    ['nowhere', {}, /either/],
    [
      'under another key',
      { value: 'hunter2-secret', file: 'seeq.password' },
      /not a known key; known here: file and env/,
    ],
    ['instead of a name', { env: 'hunter2-secret!' }, /must be the name of an environment variable/],
    [
      'in a variable that is named as a member of every object',
      { env: 'constructor' },
      /variable constructor is not set/,
    ],
    ['in a variable that is not set', { env: 'NOT_SET' }, /the environment variable NOT_SET is not set/],
    ['in a variable that is empty', { env: 'EMPTY' }, /the environment variable EMPTY is empty/],
    ['in a file that is not there', { file: 'none' }, /the file \/etc\/driver\/none does not exist/],
    ['in a file that is empty', { file: '/run/empty' }, /the file \/run\/empty is empty/],
    ['behind a line break', { file: '/run/lines' }, /holds more than one line/],
  ])('%s', async (_name, password, message) => {
    const found = await problem(withPassword(password), {
      env: { EMPTY: '\n' },
      files: { '/run/empty': '\r\n', '/run/lines': '\nhunter2\n' },
    });
    expect(found.path).toMatch(new RegExp(`^${credentials.replaceAll(/[[\].]/g, '\\$&')}\\.password`));
    expect(found.message).toMatch(message);
    expect(found.value).toBeUndefined();
    expect(JSON.stringify(found)).not.toMatch(/hunter2|77123456/);
  });

  it('keeps its own spaces and loses only line breaks at its end', async () => {
    const { config } = await load(withPassword({ file: '/run/p' }), { files: { '/run/p': ' pass word \r\n' } });
    expect(await config.servers[0]?.credentials.password.reveal()).toBe(' pass word ');
  });

  it.each([
    ['at its end', 'password ', true],
    ['at its begin', '\u00a0password', true],
    ['inside', 'pass word\n', false],
  ])('with a blank %s is warned of: %j, %j', async (_name, text, isWarned) => {
    const { warnings } = await load(withPassword({ file: '/run/p' }), { files: { '/run/p': text } });
    expect(warnings.map(({ path }) => path)).toEqual(isWarned ? [`${credentials}.password`] : []);
    if (isWarned) expect(warnings[0]?.message).toMatch(/blank or a line break in the file \/run\/p/);
    expect(JSON.stringify(warnings)).not.toContain('password,');
  });

  it('that every user of the machine can read is warned of, whatever it is for', async () => {
    const files = { '/run/p': 'x', '/run/m': 'y' };
    const modes = { '/run/p': 0o644, '/run/m': 0o606, '/etc/driver/privatekey.nk': 0o604 };
    const topics = [{ filter: 'a/#' }];
    const mqtt = [
      {
        name: 'hall',
        url: 'mqtts://b',
        clientId: 'c',
        topics,
        credentials: { user: 'u', password: { file: '/run/m' } },
      },
    ];
    const file = good(
      {},
      {
        servers: [server({ credentials: { user: 'u', password: { file: '/run/p' } } })],
        ingest: { mqtt },
      },
    );
    const { warnings } = await load(file, { files, modes });
    expect(warnings.map(({ path }) => path).toSorted()).toEqual([
      'privatekey.nk',
      'settings.ingest.mqtt[0].credentials.password',
      `${credentials}.password`,
    ]);
    for (const { message } of warnings) expect(message).toMatch(/chmod 600 "\//);
    expect((await load(file, { files, modes: { '/run/p': 0o640, '/run/m': 0o400 } })).warnings).toEqual([]);
  });

  it.each([
    ['two forms', { accessKey: { env: 'SEEQ_KEY' }, user: 'u', password: { env: 'SEEQ_KEY' } }, '', /not both/],
    ['no form', { password: { env: 'SEEQ_KEY' } }, '', /accessKey and password, or user and password/],
    [
      'a key with a directory',
      { accessKey: { env: 'SEEQ_KEY' }, password: { env: 'SEEQ_KEY' }, directory: 'D' },
      '.directory',
      /only goes with user/,
    ],
    ['no password', { user: 'u' }, '.password', /is missing/],
    ['a text', 'hunter2-secret', '', /must be an object, not a string/],
    ['a user of a wrong kind', { user: 5, password: { env: 'SEEQ_KEY' } }, '.user', /must be a string, \{ "file"/],
    [
      'a user by a wrong reference',
      { user: { fil: 'x', env: 'SEEQ_KEY' }, password: { env: 'SEEQ_KEY' } },
      '.user.fil',
      /did you mean "file"/,
    ],
  ])('credentials with %s', async (_name, given, path, message) => {
    const found = await problem(good({}, { servers: [server({ credentials: given })] }));
    expect(found.path).toBe(credentials + path);
    expect(found.message).toMatch(message);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('in a wrong place is not repeated either', async () => {
    const found = await problem(good({ publickey: pair.seed }));
    expect(found).toMatchObject({ path: 'publickey', value: '"[hidden]"' });
    expect(found.message).toMatch(/looks like a private key/);
    const url = await problem(good({}, { servers: [server({ url: `https://u:${secrets.password}@seeq` })] }));
    expect(url.message).toMatch(/no user or password; they belong into credentials/);
    expect(url.value).toBe('"https://[hidden]@seeq"');
  });
});

describe('the authorities', () => {
  it('are read as PEM, relative to the configuration file', async () => {
    const file = good(
      {},
      { servers: [server({ tls: { caFile: 'ca.pem' } })], bus: { tls: { caFile: '/tls/bus.pem' } } },
    );
    const { config } = await load(file, { files: { '/etc/driver/ca.pem': certificate, '/tls/bus.pem': certificate } });
    expect(await config.servers[0]?.tls.caFile?.reveal()).toBe(certificate);
    expect(await config.bus.tls.caFile?.reveal()).toBe(certificate);
  });

  it.each([
    ['is not there', {}, /the file \/etc\/driver\/ca\.pem does not exist/],
    ['holds something else', { '/etc/driver/ca.pem': 'hello' }, /holds no PEM certificate/],
    [
      'is in DER',
      { '/etc/driver/ca.pem': new X509Certificate(certificate).raw },
      /holds a certificate in DER; make PEM of it: openssl x509 -inform der -in "\/etc\/driver\/ca\.pem" -out "/,
    ],
    [
      'holds a key in DER',
      { '/etc/driver/ca.pem': key.export({ format: 'der', type: 'pkcs8' }) },
      /holds a private key in DER; make PEM of it: openssl pkey -inform der/,
    ],
    [
      'holds a private key',
      { '/etc/driver/ca.pem': key.export({ format: 'pem', type: 'pkcs8' }) as string },
      /holds no PEM certificate but a private key/,
    ],
    [
      'is a bundle',
      { '/etc/driver/ca.pem': Buffer.from('308205a10201033082055706092a864886f7', 'hex') },
      /holds binary data, perhaps a PKCS #12 bundle; .*openssl pkcs12/,
    ],
    [
      'is damaged',
      { '/etc/driver/ca.pem': certificate.replace(/M[A-Za-z0-9]{20}/, '') },
      /holds a certificate that cannot be read, number 1/,
    ],
  ])('%s', async (_name, files, message) => {
    const found = await problem(good({}, { bus: { tls: { caFile: 'ca.pem' } } }), { files });
    expect(found.path).toBe('settings.bus.tls.caFile');
    expect(found.message).toMatch(message);
  });
});
