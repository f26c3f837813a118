/** `iota-seeqdrv iotopen-login`: sends the second factor of an IoT Open account once, and saves the token. */
import { createInterface } from 'node:readline/promises';
import type { Config } from '../app/configuration.ts';
import { readFromDisk, readText } from '../config/files.ts';
import type { IotOpenConfig } from '../ingest/feeds/iotopen/config.ts';
import { credentialsOf, platformOptions } from '../ingest/feeds/iotopen/connection.ts';
import { logInByHand } from '../sources/iotopen/login/interactive-login.ts';
import { readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

/** The options of the command line. */
export interface LoginOptions {
  config?: string;
  connection?: string;
  codeFile?: string;
  /** Rejected. */
  code?: string;
}

/** Exit code 1 if the platform refuses or is unreachable. */
export async function iotOpenLogin(options: LoginOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.code !== undefined) {
    terminal.err(
      '--code: everybody on this machine can read a command line, so this code is not used. Leave the option out and type the code when it is asked for, pipe it into standard input, or name a file that holds it with --code-file.',
    );
    return exitCodes.usage;
  }
  const loaded = await readConfig(options.config, terminal);
  if (loaded === undefined) return exitCodes.usage;
  const found = connectionOf(loaded.config, options.connection);
  if (typeof found === 'string') {
    terminal.err(found);
    return exitCodes.usage;
  }
  const credentials = credentialsOf(found.credentials);
  if (credentials.kind !== 'user' || credentials.tokenFile === undefined) {
    terminal.err(
      `The connection "${found.name}" needs "user", "password" and "tokenFile" in its credentials; a token is stored only with all three.`,
    );
    return exitCodes.usage;
  }
  const { tokenFile } = credentials;
  const code = options.codeFile === undefined ? undefined : await readText(readFromDisk, options.codeFile);
  if (code?.ok === false) {
    terminal.err(`--code-file: ${code.message}.`);
    return exitCodes.usage;
  }
  try {
    const notice = (text: string): void => {
      terminal.err(text);
    };
    const token = await logInByHand(
      platformOptions(found, `iota-seeqdrv/${packageVersion()}`, notice),
      credentials,
      async (next) => code?.value.trim() ?? (await ask(next)),
    );
    await tokenFile.write(token);
    terminal.out(
      `The token is in ${tokenFile.path}, readable by its owner only. A running driver uses it without a restart.`,
    );
    return exitCodes.ok;
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    return exitCodes.failure;
  }
}

/** The selected connection, or why there is none. */
function connectionOf({ ingest }: Config, name: string | undefined): IotOpenConfig | string {
  const all = ingest?.iotopen ?? [];
  const names = all.map((one) => `"${one.name}"`).join(', ');
  if (all.length === 0) return 'The configuration has no connection in settings.ingest.iotopen.';
  if (name === undefined) return all.length === 1 && all[0] ? all[0] : `Name one with --connection: ${names}.`;
  return all.find((one) => one.name === name) ?? `There is no connection "${name}"; there is ${names}.`;
}

/** Prompts on standard error, so that standard output contains only the result. */
async function ask(next: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Standard input may end without a line. Then there is no reply.
  const ended = new Promise<string>((resolve) => {
    lines.once('close', () => {
      resolve('');
    });
  });
  const answer = await Promise.race([lines.question(`Code of the second factor (${next}): `), ended]);
  lines.close();
  return answer;
}
