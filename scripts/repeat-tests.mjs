/**
 * Runs the tests again and again, the second half of the runs with one core kept busy, and lists what failed in which
 * run. Exit code 0 only if nothing failed in any run.
 *
 *     npm run test:repeat -- [--runs 10] [--out .cache/test-repeat] [files and options for vitest]
 *
 * The whole output of each run stays in the folder `--out` until the next time.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SIGNALS, tail, tied } from './setup/shell.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { runs, folder, rest } = readArguments(process.argv.slice(2));
let current;
let endedBy;
for (const signal of SIGNALS) {
  process.on(signal, () => {
    endedBy = signal;
    current?.kill(signal);
  });
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const results = [];
for (let run = 1; run <= runs && endedBy === undefined; run++) {
  const busy = run > Math.ceil(runs / 2);
  const name = `run ${run} of ${runs}, ${busy ? 'one core busy' : 'quiet'}`;
  console.log(`${name} ...`);
  const began = Date.now();
  const result = await runOnce(run, busy);
  if (endedBy !== undefined) break;
  results.push({ run, busy, ...result });
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`${name}: ${result.passed} passed, ${result.failed.length} failed in ${seconds} s`);
  for (const { test, why } of result.failed) console.log(`  ${test}\n      ${why}`);
}
process.exitCode = summary();

function readArguments(given) {
  const rest = [...given];
  // Takes `--name value` or `--name=value` out of what goes to vitest.
  const option = (name, usual) => {
    const at = rest.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
    if (at < 0) return usual;
    const inOne = rest[at].startsWith(`${name}=`);
    const [value] = rest.splice(at, inOne ? 1 : 2).slice(-1);
    return inOne ? value.slice(name.length + 1) : value;
  };
  const runs = Number(option('--runs', 10));
  const folder = resolve(option('--out', join(root, '.cache', 'test-repeat')));
  if (!Number.isSafeInteger(runs) || runs < 1) {
    console.error('--runs must be a number of 1 or more, for example --runs 4');
    process.exit(1);
  }
  return { runs, folder, rest };
}

async function runOnce(run, busy) {
  const log = join(folder, `run-${run}.log`);
  const report = join(folder, `run-${run}.json`);
  const output = openSync(log, 'w');
  const idle = busy ? keepBusy() : () => {};
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const [file, ...args] = tied([join(root, 'node_modules/.bin/vitest'), 'run', ...reporters, ...rest]);
    current = spawn(file, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', output, output],
    });
    const code = await new Promise((done, fail) => {
      current.on('error', fail);
      current.on('exit', (code) => done(code ?? 1));
    });
    return read(report, log, code);
  } finally {
    idle();
    closeSync(output);
  }
}

/** Takes all of one core, in a process of its own. Returns how to end that. */
function keepBusy() {
  const [file, ...args] = tied([process.execPath, '-e', 'for (;;);']);
  const child = spawn(file, args, { stdio: 'ignore' });
  return () => child.kill('SIGKILL');
}

/** The tests that failed. A failure outside of all tests (a file that does not load, no file at all) counts as one. */
function read(report, log, code) {
  let files = [];
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    // vitest ended before it wrote its report.
  }
  const failed = [];
  let passed = 0;
  for (const { name, status, message, assertionResults } of files) {
    const file = relative(root, name);
    passed += assertionResults.filter((result) => result.status === 'passed').length;
    const broken = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of broken) {
      failed.push({ test: `${file}: ${fullName}`, why: firstLine(failureMessages[0]) });
    }
    if (status === 'failed' && broken.length === 0) failed.push({ test: file, why: firstLine(message) });
  }
  if (code !== 0 && failed.length === 0) {
    const why = `vitest ended with exit code ${code}:${tail(readFileSync(log, 'utf8'))}`;
    failed.push({ test: 'outside of the tests', why });
  }
  return { passed, failed };
}

function firstLine(text = '') {
  return text.split('\n', 1)[0];
}

function summary() {
  const bad = results.filter(({ failed }) => failed.length > 0);
  console.log(`\n${results.length - bad.length} of ${results.length} runs passed`);
  const byTest = new Map();
  for (const { run, busy, failed } of bad) {
    for (const { test } of failed) {
      byTest.set(test, [...(byTest.get(test) ?? []), `${run}${busy ? ' (busy)' : ''}`]);
    }
  }
  for (const [test, where] of byTest) console.log(`  ${test}: failed in run ${where.join(', ')}`);
  if (bad.length > 0) console.log(`the whole output: ${relative(process.cwd(), folder)}/run-<number>.log`);
  if (endedBy !== undefined) console.log(`ended by ${endedBy} before all ${runs} runs were done`);
  return bad.length > 0 || endedBy !== undefined ? 1 : 0;
}
