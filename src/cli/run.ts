/** `iota-seeqdrv run`: runs the driver until it is stopped. */
import { runApp } from '../app/app.ts';
import { Hangups } from '../app/reload.ts';
import { readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

/** Exit code 2 if the configuration is invalid, 0 after a requested stop. */
export async function runFrom(path: string | undefined, terminal: Terminal): Promise<ExitCode> {
  // First of all: a signal during the start must not end the process.
  const hangups = new Hangups();
  try {
    const loaded = await readConfig(path, terminal);
    if (loaded === undefined) return exitCodes.usage;
    const { env } = terminal;
    const stopped = await runApp({ ...loaded, version: packageVersion(), env, stop: stopSignal(), hangups });
    return stopped ? exitCodes.ok : exitCodes.failure;
  } finally {
    hangups.stop();
  }
}

/** Aborted by the first SIGTERM or SIGINT. A second one ends the process as usual. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      controller.abort(name);
    });
  }
  return controller.signal;
}
