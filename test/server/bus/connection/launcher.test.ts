/** The launcher of real servers: it says what is missing, and leaves nothing behind however its process ends. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createUserKey, findNatsServer, startNatsServer } from '../../../support/nats/index.ts';
import { until } from '../support.ts';

const launcher = new URL('../../../support/nats/index.ts', import.meta.url).href;

/** Runs a program that starts a server and prints its process id; resolves with that when it is told. */
async function runStarter(ending: string): Promise<{ pid: number; exited: Promise<unknown> }> {
  const program = `
    const { startNatsServer } = await import(${JSON.stringify(launcher)});
    const server = await startNatsServer({ jetstream: true });
    console.log(server.pid);
    ${ending}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const pid = await new Promise<number>((resolve) => {
    child.stdout.once('data', (text: Buffer) => {
      resolve(Number(text.toString()));
    });
  });
  return { pid, exited };
}

/** Dead or a zombie that nobody has collected yet. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return !existsSync(`/proc/${pid}/exe`) || readdirSync(`/proc/${pid}/task`).length === 0;
}

describe('nothing is left behind', () => {
  test.each([
    ['exits', 'process.exit(0);'],
    ['throws', "throw new Error('expected by this test');"],
    ['is killed', "process.kill(process.pid, 'SIGKILL');"],
    ['is terminated', "process.kill(process.pid, 'SIGTERM'); await new Promise((r) => setTimeout(r, 60_000));"],
  ])('when the process %s', async (_name, ending) => {
    const quiet = ending.replace('throw', "process.on('uncaughtException', () => process.exit(1)); throw");
    const { pid, exited } = await runStarter(quiet);
    await exited;
    await until(() => isGone(pid));
  });

  test('when a server is stopped', async () => {
    const server = await startNatsServer();
    const { pid } = server;
    server.freeze();
    await server.stop();
    expect(isGone(pid)).toBe(true);
    expect(server.log()).toBe('');
  });
});

describe('errors are reported', () => {
  test('no binary', () => {
    expect(() => findNatsServer({ NATS_SERVER: '/nowhere/nats-server' })).toThrow(/NATS_SERVER names "\/nowhere/);
    expect(() => findNatsServer({ NATS_SERVER: tmpdir() })).toThrow(/not a program/);
  });

  test('a configuration that the server does not take', async () => {
    await expect(startNatsServer({ extraConfig: 'no such thing: {' })).rejects.toThrow(/ended before it was ready/);
  });

  test('a port that is taken', async () => {
    const server = await startNatsServer();
    await expect(startNatsServer({ port: server.port })).rejects.toThrow(/address already in use/);
    await server.stop();
  });
});

test('each identity is a new one', () => {
  const [one, other] = [createUserKey(), createUserKey()];
  expect(one.publicKey).toMatch(/^U[A-Z2-7]{55}$/);
  expect(one.seed).toMatch(/^SU[A-Z2-7]{56}$/);
  expect(other.publicKey).not.toBe(one.publicKey);
});
