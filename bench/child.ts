/** Programs that run beside the bench, each as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** Its first line of output: it is ready. */
  readonly line: Promise<string>;
  /** Ends it. */
  stop(): void;
}

/** Starts a file of this folder. */
export function startChild(file: string, ...args: string[]): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  return {
    process: child,
    line: once(lines, 'line').then(([line]) => String(line)),
    stop: () => {
      child.stdin.end();
    },
  };
}
