/** Runs the Python tests in their environment. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

export interface Run {
  readonly code: number;
  readonly output: string;
}

export interface Options {
  /** Further arguments of pytest. */
  readonly args?: readonly string[];
  /** Print while it runs; otherwise the output is only kept. */
  readonly show?: boolean;
}

/** Where the tests find the server, and the address by which the simulator behind it is steered. */
export interface Addresses {
  readonly url: string;
  readonly controlUrl: string;
}

export function pytest(python: string, at: Addresses, { args = [], show = false }: Options): Promise<Run> {
  // No caches in the source tree, and nothing of the caller's Python or proxy settings.
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...rest } = process.env;
  const env = {
    ...rest,
    SEEQ_URL: at.url,
    SEEQ_CONTROL: at.controlUrl,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    TZ: 'UTC',
    NO_PROXY: '*',
  };
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) Reflect.deleteProperty(env, name);
  return new Promise((done, fail) => {
    const child = spawn(python, ['-m', 'pytest', '--config-file', `${FOLDER}pytest.ini`, ...args], {
      cwd: FOLDER,
      env,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let output = '';
    const keep = (part: string): void => {
      output += part;
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.on('error', fail);
    child.on('close', (code) => {
      done({ code: code ?? 1, output });
    });
  });
}
