/** Finds the nats-server to run: the variable NATS_SERVER, else the PATH, else where Debian puts it. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of the binary. Throws with advice when there is none. */
export function findNatsServer(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.NATS_SERVER;
  if (chosen !== undefined && chosen !== '') {
    if (isProgram(chosen)) return chosen;
    throw new Error(`NATS_SERVER names "${chosen}", which is not a program that can be run. Correct or unset it.`);
  }
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  const found = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'nats-server'))
    .find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    'No nats-server was found on the PATH or in /usr/sbin. ' +
      'Install it (Debian: apt-get install nats-server) or name one in the variable NATS_SERVER.',
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
