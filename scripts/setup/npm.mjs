import { delimiter, join } from 'node:path';
import { isExecutable, isWritable, quiet, say, SetupError, tail } from './shell.mjs';

/**
 * The npm of this machine: how to run it, with which environment, and why its registry cannot be reached, if so.
 * @typedef {{ command: string[], env: Record<string, string>, trouble?: string }} Npm
 */

/** @returns {Promise<Npm>} */
export async function npmOfMachine(root) {
  const env = environment(root);
  const command = program(env);
  const settings = await settingsOf(command, { cwd: root, env });
  // Another npm has another place for the machine's settings, where a registry or an authority may be named.
  if (settings.globalconfig) env.npm_config_globalconfig = settings.globalconfig;
  const cache = settings.cache ?? '';
  if (![cache, join(cache, '_cacache'), join(cache, '_cacache', 'tmp')].every(isWritable)) {
    env.npm_config_cache = join(root, '.cache', 'npm');
    say(`npm's cache ${cache} cannot be written, so ${env.npm_config_cache} is used`);
  }
  const registry = withoutPassword(settings.registry ?? 'the package registry');
  const trouble = await ping(command, registry, { cwd: root, env });
  return { command, env, trouble: trouble && `${registry} cannot be reached (${trouble})` };
}

/**
 * Runs `npm ci` in a folder and throws with the remedy where it fails.
 * @param total how many packages the lock file names for this machine, for the reports
 */
export async function clean(npm, cwd, { doing, total }) {
  const args = [
    'ci',
    // Wanted even where NODE_ENV is "production" or an npmrc leaves optional packages out.
    '--include=dev',
    '--include=optional',
    // No package of ours needs its script, and the one of package `node` would fetch Node a second time.
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-global',
    '--no-dry-run',
    '--no-force',
    '--no-engine-strict',
    '--package-lock',
    '--loglevel=http',
    // The default waits for minutes on a registry that is gone.
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
    '--fetch-timeout=60000',
    ...(npm.trouble === undefined ? [] : ['--offline']),
  ];
  const fetched = (output) => new Set(output.match(/(?<=npm http (?:fetch GET \d+|cache) )\S+\.tgz/g)).size;
  const cached = npm.trouble === undefined ? '' : ", from npm's cache";
  say(`${doing}${cached}`);
  const [file, ...rest] = npm.command;
  const { code, output } = await quiet(file, [...rest, ...args], {
    cwd,
    env: npm.env,
    doing: (output) => `${doing}: ${fetched(output)} of ${total} fetched`,
  });
  if (code === 0) return;
  if (npm.trouble !== undefined) {
    throw new SetupError(
      `no packages can be fetched: ${npm.trouble}.\n` +
        '    Remedy: connect this machine; behind a proxy set HTTPS_PROXY, or "npm config set https-proxy http://..."; ' +
        'for another registry "npm config set registry https://...". Then run the same command again.',
    );
  }
  throw new SetupError(`npm ci failed:${reason(output)}\n    Remedy: mend that, then run the same command again.`);
}

/** npm by its name; where it is not on the PATH, the npm that runs this script. */
function program(env) {
  const onPath = env.PATH.split(delimiter).some((folder) => isExecutable(join(folder, 'npm')));
  if (onPath) return ['npm'];
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  if (script && node) return [node, script];
  throw new SetupError('npm cannot be found. Remedy: sudo apt-get install npm');
}

/** Without the Node that npm is about to replace, and without the settings of the npm script that runs this. */
function environment(root) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^npm_(?!config_)|^npm_config_(?:global|location|offline|prefer_offline|omit|only)$/i.test(key),
    ),
  );
  const own = join(root, 'node_modules', '.bin');
  env.PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== own)
    .join(delimiter);
  return env;
}

async function settingsOf([file, ...rest], options) {
  const names = ['cache', 'globalconfig', 'registry'];
  const { code, output } = await quiet(file, [...rest, 'config', 'get', ...names, '--loglevel=error'], {
    ...options,
    limit: 60_000,
    doing: 'asking npm for its settings',
  });
  if (code !== 0) throw new SetupError(`"npm config get" fails:${tail(output || 'no answer within 60 s')}`);
  const lines = output.split('\n').map((line) => line.split(/=(.*)/));
  return Object.fromEntries(lines.filter(([name]) => names.includes(name)));
}

/** Why the registry cannot be reached, or undefined. Any answer counts as reached: many mirrors know no ping. */
async function ping([file, ...rest], registry, options) {
  const args = ['ping', '--no-offline', '--fetch-retries=0', '--fetch-timeout=15000', '--loglevel=error'];
  // Only npm's own word counts: on a busy machine npm may take long before it asks at all.
  const limit = 60_000;
  const { code, output } = await quiet(file, [...rest, ...args], { ...options, limit, doing: `asking ${registry}` });
  if (code <= 0 || /code E\d{3}\b/.test(output)) return undefined;
  const lines = output.split('\n');
  const why = lines.find((line) => /reason: ./.test(line)) ?? lines.find((line) => / code ./.test(line));
  return why?.replace(/^.*(?:reason:| code) +/, '').trim() ?? 'npm ping failed';
}

function withoutPassword(url) {
  return url.replace(/\/\/[^/@]*@/, '//');
}

/** Why npm failed: its first words on that; further down it explains its own options. */
function reason(output) {
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!) ./.test(line));
  return errors.length > 0 ? tail(errors.slice(0, 12).join('\n')) : tail(output);
}
