/** The simulator as a child process of a test, a demo or a benchmark; it ends with its parent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import type { SimulatorControl } from './control.ts';
import type { Account } from './http/sessions.ts';
import type { SimulatorOptions } from './options.ts';
import { remoteControl } from './remote-control.ts';

export interface SpawnedSimulator {
  /** Origin of the API without `/api`. */
  readonly url: string;
  readonly controlUrl: string;
  readonly control: SimulatorControl;
  readonly pid: number;
  /** Ends the process and waits until it is gone; its exit code. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/**
 * Starts the process and waits until it listens, on free ports by default.
 * @param nodeOptions options of the process itself, such as a limit of its heap
 * @throws Error with what the process said, when it ends instead
 */
export async function spawnSeeqSimulator(
  options: SimulatorOptions = {},
  nodeOptions: readonly string[] = [],
): Promise<SpawnedSimulator> {
  const child = spawn(process.execPath, ['--no-warnings', ...nodeOptions, MAIN, ...argumentsOf(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C in a terminal is for the parent, which ends its simulators in order.
    detached: true,
    env: { ...COMPILE_CACHE, ...process.env },
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said = `${said}${part.toString()}`.slice(-4000);
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line') as Promise<[string]>, exited.then(() => undefined)]);
  if (line === undefined) throw new Error(`the Seeq simulator did not start: ${said}`);
  const { url, control } = JSON.parse(line[0]) as { url: string; control: string };
  if (options.behaviour !== undefined) await remoteControl(control).set(options.behaviour);
  for (const fault of options.faults ?? []) await remoteControl(control).fail(fault);
  return {
    url,
    controlUrl: control,
    control: remoteControl(control),
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}

function argumentsOf(options: SimulatorOptions): string[] {
  const { accounts = [], tls } = options;
  const given: [string, string | number | undefined][] = [
    ['--port', options.port ?? 0],
    ['--control-port', options.controlPort ?? 0],
    ['--name', options.name],
    ['--host', options.host],
    ['--release', options.release],
    ['--session-seconds', options.sessionSeconds],
    ['--tags', options.extraTags],
    ['--tls-cert', tls?.certFile],
    ['--tls-key', tls?.keyFile],
    ...accounts.map((account): [string, string] => [optionOf(account), `${account.name}:${account.password}`]),
  ];
  // One word each, so that a value may begin with a dash.
  return ['--end-with-stdin', ...given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))];
}

function optionOf(account: Account): string {
  if (account.kind === 'accessKey') return account.expired === true ? '--expired-access-key' : '--access-key';
  return account.directory === undefined ? '--user' : '--directory-user';
}
