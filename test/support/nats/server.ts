/** Starts a real nats-server on a free port of this machine, and breaks and mends it on demand. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freeze, thaw } from '../../../simulators/support/freeze.ts';
import { findNatsServer } from './binary.ts';
import type { ServerCertificate } from '../../../simulators/support/certificate.ts';
import { guard } from '../../../simulators/support/reaper.ts';
import { renderServerConfig, type NatsUser } from './server-config.ts';

export interface NatsServerOptions {
  /** The server's certificate; without it the server offers no TLS. */
  certificate?: ServerCertificate | undefined;
  /** TLS before the greeting (nats-server 2.10 or newer). */
  handshakeFirst?: boolean;
  /** Who may connect; without it everybody may. */
  users?: NatsUser[] | undefined;
  maxPayload?: number | undefined;
  /** Switches JetStream on; its store survives restarts and goes with the server's folder. */
  jetstream?: boolean;
  /** Text put at the end of the configuration file as it is. */
  extraConfig?: string | undefined;
  /** A port of one's own; by default nats-server chooses a free one. */
  port?: number;
}

export interface NatsServer {
  readonly host: string;
  readonly port: number;
  /** With the scheme that fits its TLS. */
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  /** The last lines of the server's log. */
  log(): string;
  /** Ends the process and keeps its folder, so that `restart` finds everything again. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts again on the same port, halting first if need be; what is given replaces the former options. */
  restart(changes?: Omit<NatsServerOptions, 'port'>): Promise<void>;
  /** Has the running process read a changed configuration. */
  reload(changes: Omit<NatsServerOptions, 'port'>): Promise<void>;
  /** Stops the process from doing anything while its connections stay open; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and removes everything it left. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const keptLines = 200;

/** Resolves when the server takes connections; rejects with its log when it ends before. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = findNatsServer();
  const folder = mkdtempSync(join(tmpdir(), 'nats-server-'));
  const forgetFolder = guard({ folder });
  let current = options;
  let port = options.port ?? -1;
  let running: RunningServer | undefined;

  const start = async (): Promise<RunningServer> => {
    const started = await run(binary, writeConfig(folder, current, port));
    port = started.port;
    return started;
  };
  const halt = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    await running?.end(signal);
    running = undefined;
  };
  const alive = (): RunningServer => {
    if (running === undefined) throw new Error('This nats-server has been halted.');
    return running;
  };
  const stop = async (): Promise<void> => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
    forgetFolder();
  };

  try {
    running = await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const version = running.version;
  return {
    host,
    version,
    halt,
    stop,
    get port() {
      return port;
    },
    get url() {
      return `${current.certificate === undefined ? 'nats' : 'tls'}://${host}:${port}`;
    },
    get pid() {
      return alive().pid;
    },
    log: () => running?.log() ?? '',
    restart: async (changes = {}) => {
      await halt();
      current = { ...current, ...changes };
      running = await start();
    },
    reload: async (changes) => {
      current = { ...current, ...changes };
      writeConfig(folder, current, port);
      await alive().reload();
    },
    freeze: () => {
      freeze(alive().pid);
    },
    thaw: () => {
      thaw(alive().pid);
    },
  };
}

/** Writes the configuration and the certificate it names; returns the path of the former. */
function writeConfig(folder: string, options: NatsServerOptions, port: number): string {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { certificate, handshakeFirst } = options;
  const jetstreamFolder = join(folder, 'jetstream');
  if (options.jetstream === true) mkdirSync(jetstreamFolder, { recursive: true });
  const text = renderServerConfig({
    host,
    port,
    users: options.users,
    maxPayload: options.maxPayload,
    jetstreamFolder: options.jetstream === true ? jetstreamFolder : undefined,
    extra: options.extraConfig,
    tls:
      certificate === undefined
        ? undefined
        : {
            certFile: file('server.crt', certificate.certPem),
            keyFile: file('server.key', certificate.keyPem),
            ...(handshakeFirst === undefined ? {} : { handshakeFirst }),
          },
  });
  return file('server.conf', text);
}

interface RunningServer {
  port: number;
  pid: number;
  version: string;
  log(): string;
  reload(): Promise<void>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Runs the process until its log says that it is ready. */
async function run(binary: string, configFile: string): Promise<RunningServer> {
  // In a session of its own: Ctrl-C in a terminal is for its parent, which ends it in order.
  const child = spawn(binary, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const forget = guard({ pid: child.pid });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      forget();
      resolve();
    });
    child.once('error', () => {
      forget();
      resolve();
    });
  });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  const log = (): string => lines.join('\n');
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (lines.push(line) > keptLines) lines.shift();
    for (const look of waiting) look(line);
  });

  /** Resolves with the match of the first line from now on; rejects when the process ends before. */
  const sees = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (line: string): void => {
        const match = pattern.exec(line);
        if (match === null) return;
        waiting.delete(look);
        resolve(match);
      };
      waiting.add(look);
      void exited.then(() => {
        reject(new Error(`${binary} ended before it was ready. Its log:\n${log()}`));
      });
    });

  const spawnFailed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
  });
  const [, version, listening] = await Promise.race([
    Promise.all([
      sees(/Server is ready/),
      sees(/Version: +(\S+)/),
      sees(/Listening for client connections on .*:(\d+)/),
    ]),
    spawnFailed,
  ]);
  return {
    port: Number(listening[1]),
    pid: child.pid ?? 0,
    version: version[1] ?? '',
    log,
    reload: async () => {
      const reloaded = sees(/Reloaded server configuration|Failed to reload/);
      child.kill('SIGHUP');
      const [said] = await reloaded;
      if (said.startsWith('Failed')) throw new Error(`nats-server did not take the configuration. Its log:\n${log()}`);
    },
    end: (signal) => end(child, exited, signal),
  };
}

/** A frozen process takes SIGTERM only after it was let go on; one that ignores it for 5 seconds is killed. */
async function end(child: ChildProcess, exited: Promise<void>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  child.kill(signal);
  child.kill('SIGCONT');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(killer);
}
