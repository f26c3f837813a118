/**
 * Runs the examples of other languages against a whole cluster: `npm run examples`. Names after `--` choose some of
 * them; `csharp` runs only if it is named, because few machines have dotnet.
 */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { CACHE, EnvironmentError, pythonWith, run } from '../interop/environment.ts';
import { differences, type ExampleCluster, startExampleCluster } from './cluster.ts';

/** The version of the `nats` tool that the example is tried with. */
const NATS_TOOL = 'github.com/nats-io/natscli/nats@v0.5.1';

/** What an example printed. Libraries may write warnings to standard error. */
interface Printed {
  code: number;
  output: string;
  errors: string;
}

interface Example {
  /** Runs it; throws if a tool is missing. */
  run: (env: NodeJS.ProcessEnv) => Promise<Printed>;
}

const examples: Readonly<Record<string, Example>> = {
  python: {
    run: async (env) => {
      const python = await pythonWith(resolve('examples/python/requirements.txt'));
      return runExample(python, ['examples/python/first_request.py'], env);
    },
  },
  go: {
    run: async (env) => {
      await need('go', ['version'], 'install Go 1.26 or newer (https://go.dev/dl)');
      return runExample('go', ['-C', 'examples/go', 'run', '.'], env);
    },
  },
  'nats-tool': {
    run: async (env) => {
      await need('go', ['version'], 'install Go 1.26 or newer (https://go.dev/dl), which builds the nats tool');
      await need('jq', ['--version'], 'install jq');
      const bin = join(CACHE, NATS_TOOL.replaceAll(/[^a-z0-9.]+/g, '-'));
      const build = await run('go', ['install', NATS_TOOL], { ...process.env, GOBIN: bin });
      if (build.code !== 0) throw new EnvironmentError(`${NATS_TOOL} cannot be built: ${build.output}`);
      return runExample('sh', ['examples/nats-tool/first-request.sh'], { ...env, PATH: `${bin}:${env.PATH ?? ''}` });
    },
  },
  csharp: {
    run: async (env) => {
      await need('dotnet', ['--version'], 'install the .NET SDK 8 or newer (https://dotnet.microsoft.com)');
      return runExample('dotnet', ['run', '--project', 'examples/csharp'], env);
    },
  },
};

const named = process.argv.slice(2).filter((name) => name !== '--');
const chosen = named.length > 0 ? named : Object.keys(examples).filter((name) => name !== 'csharp');
const cluster = await startExampleCluster();
let failed = 0;
try {
  for (const name of chosen) if (!(await isRight(name, cluster))) failed++;
} finally {
  await cluster.stop();
}
process.exitCode = failed > 0 ? 1 : 0;

async function isRight(name: string, { env }: ExampleCluster): Promise<boolean> {
  const example = examples[name];
  try {
    if (example === undefined)
      throw new EnvironmentError(`there is none; choose of ${Object.keys(examples).join(', ')}`);
    const { code, output, errors } = await example.run({ ...process.env, ...env });
    const wrong = code === 0 ? differences(output) : [`exit code ${code}`];
    console.log(wrong.length === 0 ? `ok      ${name}` : `FAILED  ${name}: ${wrong.join('; ')}\n${output}${errors}`);
    return wrong.length === 0;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    console.log(`FAILED  ${name}: ${error.message}`);
    return false;
  }
}

async function need(program: string, args: readonly string[], remedy: string): Promise<void> {
  const { code } = await run(program, args);
  if (code !== 0) throw new EnvironmentError(`"${program}" does not run; ${remedy}`);
}

function runExample(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> {
  return new Promise((done) => {
    execFile(program, args, { env }, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ code, output, errors });
    });
  });
}
