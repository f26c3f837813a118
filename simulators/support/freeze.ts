/** Stops processes of this machine from doing anything, without ending them or their connections. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Freezes a process with all its threads. The signal alone is only a wish: on a busy machine the process goes on for many
 * milliseconds, long enough for an answer. So this looks until no thread runs any more; it blocks, and takes as long.
 * @throws Error when the process ends instead
 */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  while (threadStates(pid).some((state) => state !== 'T'))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

export function thaw(pid: number): void {
  process.kill(pid, 'SIGCONT');
}

/** One letter for each thread, as in `man 5 proc`: R runs, S sleeps, T is stopped, Z has ended. */
export function threadStates(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const state = stateOf(`/proc/${pid}/task/${thread}/stat`);
    if (state === 'Z') throw new Error(`Process ${pid} has ended.`);
    return state === undefined ? [] : [state];
  });
}

/** Undefined when the thread has ended meanwhile. */
function stateOf(path: string): string | undefined {
  try {
    // The name before it is in parentheses, and can have some in it.
    return /\) ([A-Za-z]) [^)]*$/.exec(readFileSync(path, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
