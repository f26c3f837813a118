/**
 * Asks the registry for known holes in the packages that ship. Fails on one that is high or critical. A registry that
 * answers no audits (many mirrors do not) is reported as skipped: it says nothing about the packages.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quiet, tail } from './setup/shell.mjs';

/** What `.ci/run` takes for a step that could not do its work. */
const SKIPPED = 77;

const cwd = dirname(dirname(fileURLToPath(import.meta.url)));
const { code, output } = await quiet('npm', ['audit', '--omit=dev', '--audit-level=high', '--loglevel=error'], { cwd });
if (code === 0) {
  console.log(output.trim().split('\n').at(-1));
} else if (/audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOAUDIT/.test(output)) {
  console.log('The registry of this machine answers no audits, so nothing is known.');
  process.exitCode = SKIPPED;
} else {
  console.error(`npm audit:${tail(output, 60)}`);
  process.exitCode = 1;
}
