/** Starts a real mosquitto on free ports of this machine, and breaks and mends it on demand. */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.ts';
import { freeze, thaw } from '../freeze.ts';
import { guard } from '../reaper.ts';
import {
  renderConfig,
  renderPasswords,
  type ListenerOptions,
  type MosquittoSettings,
  type PlacedListener,
} from './config.ts';

export interface MosquittoOptions extends MosquittoSettings {
  /** By name; by default one for plain TCP called `tcp`. */
  listeners?: Readonly<Record<string, ListenerOptions>>;
}

export interface Mosquitto {
  readonly host: string;
  readonly pid: number;
  /** Port of a listener; of the first one without a name. */
  port(listener?: string): number;
  /** With the scheme that fits the listener. */
  url(listener?: string): string;
  /** The last lines of the log, of all runs. */
  log(): string;
  /** Resolves with the first line of the log that matches, from the next one on. */
  sees(pattern: RegExp): Promise<string>;
  /** Ends the process and keeps its folder, so that `restart` finds everything again. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts again on the same ports, halting first if need be; what is given replaces the former settings. */
  restart(changes?: MosquittoSettings): Promise<void>;
  /** Has the running process read changed users and ACL. It ends connections whose log-in is not valid any more. */
  reload(changes: MosquittoSettings): Promise<void>;
  /** Stops the process from doing anything while its connections stay open; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and removes everything it left. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const keptLines = 5000;
/** mosquitto cannot choose a free port itself; between choosing and using one, somebody else may take it. */
const attempts = 5;

/** Resolves when the broker takes connections; rejects with its log when it ends before. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const binary = findMosquitto();
  const folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
  const forgetFolder = guard({ folder });
  const { listeners = { tcp: {} }, ...given } = options;
  const log = new Log();
  let settings: MosquittoSettings = given;
  let ports = new Map<string, number>();
  let running: Running | undefined;

  const alive = (): Running => {
    if (running === undefined) throw new Error('This mosquitto has been halted.');
    return running;
  };
  const start = async (): Promise<void> => {
    running = await run(binary, writeFiles(folder, settings, listeners, ports), log);
  };
  const halt = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    await running?.end(signal);
    running = undefined;
  };
  const stop = async (): Promise<void> => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
    forgetFolder();
  };
  const nameOf = (listener: string | undefined): string => {
    const name = listener ?? Object.keys(listeners)[0] ?? '';
    if (!ports.has(name)) throw new Error(`This mosquitto has no listener "${name}".`);
    return name;
  };
  const port = (listener?: string): number => ports.get(nameOf(listener)) ?? 0;

  for (let attempt = 1; ; attempt++) {
    try {
      ports = new Map(await Promise.all(Object.keys(listeners).map(async (name) => [name, await freePort()] as const)));
      await start();
      break;
    } catch (error) {
      if (attempt < attempts && String(error).includes('Address already in use')) continue;
      await stop();
      throw error;
    }
  }
  return {
    host,
    port,
    halt,
    stop,
    get pid() {
      return alive().pid;
    },
    url: (listener) => {
      const { protocol = 'mqtt', certificate } = listeners[nameOf(listener)] ?? {};
      const scheme = protocol === 'mqtt' ? 'mqtt' : 'ws';
      return `${scheme}${certificate === undefined ? '' : 's'}://${host}:${port(listener)}`;
    },
    log: () => log.text,
    sees: (pattern) => log.sees(pattern),
    restart: async (changes = {}) => {
      await halt();
      settings = { ...settings, ...changes };
      await start();
    },
    reload: async (changes) => {
      settings = { ...settings, ...changes };
      writeFiles(folder, settings, listeners, ports);
      const begun = log.sees(/Reloading config/);
      process.kill(alive().pid, 'SIGHUP');
      await begun;
      // A signal that comes while it still reads the files is lost. It has one thread: once it answers, it has read them.
      await answersNonsense(port());
    },
    freeze: () => {
      freeze(alive().pid);
    },
    thaw: () => {
      thaw(alive().pid);
    },
  };
}

/** Resolves when the process ends a connection that speaks no protocol of it. */
function answersNonsense(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host }).resume();
    // A reset says as much as an orderly end.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve();
    });
    socket.write('\r\n\r\n');
  });
}

/** Writes all files; returns the path of the configuration. */
function writeFiles(
  folder: string,
  settings: MosquittoSettings,
  listeners: Readonly<Record<string, ListenerOptions>>,
  ports: ReadonlyMap<string, number>,
): string {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const placed = Object.entries(listeners).map(([name, listener], index): PlacedListener => {
    const { certificate, clientAuthority } = listener;
    return {
      ...listener,
      port: ports.get(name) ?? 0,
      certificateFiles: certificate && {
        certFile: file(`listener${index}.crt`, certificate.certPem),
        keyFile: file(`listener${index}.key`, certificate.keyPem),
      },
      clientAuthorityFile: clientAuthority === undefined ? undefined : file(`clients${index}.crt`, clientAuthority),
    };
  });
  const { users, acl } = settings;
  const text = renderConfig(settings, placed, {
    passwordFile: users && file('passwords', renderPasswords(users)),
    aclFile: acl === undefined ? undefined : file('acl', acl.endsWith('\n') ? acl : `${acl}\n`),
    persistenceFolder: `${folder}/`,
    user: userInfo().username,
  });
  return file('mosquitto.conf', text);
}

/** The lines of all runs, and who waits for one. */
class Log {
  readonly #lines: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();

  get text(): string {
    return this.#lines.join('\n');
  }

  add(line: string): void {
    if (this.#lines.push(line) > keptLines) this.#lines.shift();
    for (const look of this.#waiting) look(line);
  }

  sees(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (line: string): void => {
        if (!pattern.test(line)) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
    });
  }
}

interface Running {
  pid: number;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Runs the process until its log says that it is ready. */
async function run(binary: string, configFile: string, log: Log): Promise<Running> {
  // In a session of its own: Ctrl-C in a terminal is for its parent, which ends it in order.
  const child = spawn(binary, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const forget = guard({ pid: child.pid });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    // `close` and not `exit`: by then its last words have been read.
    child.once('close', (code, signal) => {
      resolve(`it ended with ${code ?? signal ?? 'nothing'}`);
    });
  });
  void ended.then(forget);
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.add(line);
  });
  const failed = ended.then((why) => {
    throw new Error(`${binary} was not ready: ${why}. Its log:\n${log.text.slice(-4000)}`);
  });
  failed.catch(() => undefined);
  await Promise.race([log.sees(/mosquitto version \S+ running/), failed]);
  return { pid: child.pid ?? 0, end: (signal) => end(child, ended, signal) };
}

/** A frozen process takes SIGTERM only after it was let go on; one that ignores it for 5 seconds is killed. */
async function end(child: ChildProcess, ended: Promise<unknown>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  child.kill(signal);
  child.kill('SIGCONT');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(killer);
}

/** The variable MOSQUITTO, else the PATH, else where Debian puts it. Throws with advice when there is none. */
function findMosquitto(): string {
  const { MOSQUITTO, PATH } = process.env;
  const places = MOSQUITTO ? [MOSQUITTO] : [...(PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].map(at);
  const found = places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found !== undefined) return found;
  throw new Error(
    'No mosquitto was found on the PATH or in /usr/sbin. ' +
      'Install it (Debian: apt-get install mosquitto) or name one in the variable MOSQUITTO.',
  );
}

const at = (folder: string): string => join(folder, 'mosquitto');
