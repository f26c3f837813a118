/**
 * Runs Seeq's own Python client, unmodified, against the simulator: `npm run interop`.
 *
 * `--self-check` instead breaks single answers on their way and expects the tests to notice. What follows `--` goes to
 * pytest, for example `npm run interop -- -- -k pull`.
 */
import { parseArgs } from 'node:util';
import { spawnSeeqSimulator } from '../../simulators/seeq/spawn.ts';
import { EnvironmentError, pythonWithSeeq } from './environment.ts';
import { pytest } from './pytest.ts';
import { selfCheck } from './self-check.ts';

const { values, positionals } = parseArgs({
  options: { 'self-check': { type: 'boolean', default: false } },
  allowPositionals: true,
});

try {
  const python = await pythonWithSeeq();
  const simulator = await spawnSeeqSimulator();
  try {
    if (values['self-check']) process.exitCode = (await selfCheck(python, simulator)) ? 0 : 1;
    else process.exitCode = (await pytest(python, simulator, { args: positionals, show: true })).code;
  } finally {
    await simulator.stop();
  }
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(`interop: ${error.message}`);
  process.exitCode = 2;
}
