/**
 * Sees to it that no server and no temporary folder outlives the process that started it, however that process ends.
 * An exit hook covers the normal ways; for a kill that runs no hook, a small companion process holds the other end of
 * a pipe and cleans up when the pipe breaks.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

const companionSource = `
  const { rmSync } = require('node:fs');
  const watched = new Map();
  let rest = '';
  process.stdin.on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) {
      const [verb, id, value] = JSON.parse(line);
      if (verb === 'watch') watched.set(id, value); else watched.delete(id);
    }
  });
  process.stdin.on('end', () => {
    for (const { pid, folder } of watched.values()) {
      try { if (pid) process.kill(pid, 'SIGKILL'); } catch {}
      try { if (folder) rmSync(folder, { recursive: true, force: true }); } catch {}
    }
    process.exit(0);
  });
`;

/** What is to be ended or removed. */
export interface Guarded {
  pid?: number | undefined;
  folder?: string | undefined;
}

let companion: ChildProcess | undefined;
let nextId = 1;
const guarded = new Map<number, Guarded>();

/** Guards a process, a folder or both; the returned function ends the guard when they are gone in the normal way. */
export function guard(thing: Guarded): () => void {
  const id = nextId++;
  guarded.set(id, thing);
  tell(['watch', id, thing]);
  return () => {
    if (guarded.delete(id)) tell(['forget', id]);
  };
}

function tell(line: unknown[]): void {
  companion ??= startCompanion();
  companion.stdin?.write(`${JSON.stringify(line)}\n`);
}

function startCompanion(): ChildProcess {
  // In a session of its own, so that Ctrl-C in the terminal does not end it before its work.
  const child = spawn(process.execPath, ['-e', companionSource], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // The pipe must not keep the process alive that it watches over.
  (child.stdin as unknown as { unref(): void }).unref();
  child.stdin.on('error', () => undefined);
  process.once('exit', cleanUp);
  return child;
}

function cleanUp(): void {
  for (const { pid, folder } of guarded.values()) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone already, which is what we want.
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  guarded.clear();
}
