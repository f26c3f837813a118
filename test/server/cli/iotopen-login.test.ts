import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { good, pair } from '../../support/config.ts';
import { feedForTest, feedSettings, simulatorForTest } from '../ingest/feeds/iotopen/support.ts';
import { COMPILE_CACHE } from '../../../simulators/support/compile-cache.ts';

const env = { BO_PASSWORD: 'bo-password', SEEQ_KEY: 'key', SEEQ_PASSWORD: 'password' };

/** A folder with a configuration whose connection has a second factor. */
async function folderFor(simulator: Parameters<typeof feedSettings>[0], more: object = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'iotopen-login-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, 'iotopen.token');
  const credentials = { user: 'bo@example.com', password: { env: 'BO_PASSWORD' }, tokenFile, ...more };
  const config = good({}, { servers: undefined, ingest: { iotopen: [feedSettings(simulator, { credentials })] } });
  const file = join(folder, 'iota.seeqdrv.json');
  await writeFile(file, JSON.stringify(config));
  await writeFile(join(folder, 'privatekey.nk'), pair.seed);
  return { file, tokenFile, credentials };
}

/** A file that holds a code, with a line break as an editor leaves it. */
async function codeFile(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iotopen-code-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'code'), `${code}\n`);
  return join(folder, 'code');
}

async function command(file: string, ...args: string[]) {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const code = await runProgram(['iotopen-login', '--config', file, ...args], { out: write, err: write, env });
  return { code, text: lines.join('\n') };
}

it('gets a driver going that was refused for its second factor', async () => {
  const simulator = await simulatorForTest();
  const { file, tokenFile, credentials } = await folderFor(simulator);
  const harness = await feedForTest(simulator, { credentials }, { env });
  expect((await harness.becomes('refused')).message).toContain('iotopen-login --connection plant');
  const { code, text } = await command(file, '--connection', 'plant', '--code-file', await codeFile('123456'));
  expect([code, text]).toEqual([0, expect.stringContaining(tokenFile)]);
  const token = (await readFile(tokenFile, 'utf8')).trim();
  expect(text).not.toContain(token);
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  await harness.becomes('up');
  // One by the driver, one by the person.
  expect(simulator.accounts.logins).toBe(2);
});

it('asks for the code', async () => {
  const simulator = await simulatorForTest();
  const { file, tokenFile } = await folderFor(simulator);
  const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'iotopen-login', '--config', file], {
    env: { ...COMPILE_CACHE, ...process.env, ...env },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('(smslogin)')) child.stdin.end('123456\n');
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect([code, said]).toEqual([0, expect.stringContaining('Code of the second factor (smslogin): ')]);
  expect(await readFile(tokenFile, 'utf8')).toMatch(/^login-/);
});

it('takes no code from the command line, where others could read it', async () => {
  const simulator = await simulatorForTest();
  const { file, tokenFile } = await folderFor(simulator);
  const { code, text } = await command(file, '--code', '123456');
  expect([code, text]).toEqual([2, expect.stringMatching(/type the code .*--code-file/)]);
  expect(text).not.toContain('123456');
  expect(simulator.accounts.logins).toBe(0);
  await expect(stat(tokenFile)).rejects.toThrow(/ENOENT/);
  expect(await command(file, '--code-file', '/nowhere')).toMatchObject({
    code: 2,
    text: expect.stringMatching(/\/nowhere does not exist/) as unknown,
  });
});

it('says what is wrong, and writes nothing', async () => {
  const simulator = await simulatorForTest();
  const { file, tokenFile } = await folderFor(simulator);
  expect(await command(file, '--code-file', await codeFile('000000'))).toMatchObject({
    code: 1,
    text: expect.stringMatching(/did not accept/) as unknown,
  });
  expect(await command(file, '--connection', 'other')).toMatchObject({
    code: 2,
    text: expect.stringMatching(/there is "plant"/) as unknown,
  });
  await expect(stat(tokenFile)).rejects.toThrow(/ENOENT/);
  const { file: without } = await folderFor(simulator, { tokenFile: undefined });
  expect(await command(without, '--code-file', await codeFile('1'))).toMatchObject({
    code: 2,
    text: expect.stringMatching(/tokenFile/) as unknown,
  });
});
