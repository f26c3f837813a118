/** The simulator as a process of its own: `npm run simulator -- --help`. */
import { versionOf } from './answers/system.ts';
import { readCommandLine } from './arguments.ts';
import type { SeenRequest } from './http/request-log.ts';
import { DEFAULT_ACCOUNTS } from './http/sessions.ts';
import { DEFAULT_OPTIONS } from './options.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { startTable } from './start-table.ts';

const { options, log, endWithStdin } = readCommandLine();

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (endWithStdin) process.stdin.on('close', () => process.exit(0)).resume();

function print({ method, path, query, operation, status, complete }: SeenRequest): void {
  const outcome = status === undefined ? 'no answer' : complete ? String(status) : `${status}, not whole`;
  process.stderr.write(`${method} ${path}${query === '' ? '' : `?${query}`}  ${operation ?? '-'}  ${outcome}\n`);
}

/** A sentence for the person who started it. */
function reasonOf(error: NodeJS.ErrnoException & { readonly port?: number }): string {
  const option = error.port === options.controlPort && error.port !== options.port ? '--control-port' : '--port';
  const place = `port ${error.port ?? ''} of ${options.host ?? DEFAULT_OPTIONS.host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${place} is in use; choose another with ${option}, or 0 for any.`;
    case 'EACCES':
      return error.port === undefined ? `${error.message}.` : `${place} is not allowed; choose another with ${option}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this machine has no address ${options.host ?? ''}; choose another with --host.`;
    default:
      return error.message;
  }
}

let simulator: SeeqSimulator;
try {
  simulator = await startSeeqSimulator({ ...options, ...(log ? { onRequest: print } : {}) });
} catch (error) {
  process.stderr.write(`The simulator cannot start: ${reasonOf(error as NodeJS.ErrnoException)}\n`);
  process.exit(1);
}
process.stderr.write(
  startTable(simulator, versionOf(options.release ?? DEFAULT_OPTIONS.release), options.accounts ?? DEFAULT_ACCOUNTS),
);
process.stdout.write(`${JSON.stringify({ event: 'listening', url: simulator.url, control: simulator.controlUrl })}\n`);
