/** What npm installs is what was installed when a version was chosen: exact versions, and digests that npm checks. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

interface Manifest {
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
interface Lock {
  /** What is in the archive of another package has its digest. */
  packages: Record<
    string,
    { version?: string; integrity?: string; resolved?: string; link?: boolean; inBundle?: boolean }
  >;
}

const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;

const folders = ['.', 'scripts/setup/node'];
const { workspaces = [] } = await read<Manifest>('package.json');

it.each([...folders, ...workspaces])('every package that %s names has one version', async (folder) => {
  const { dependencies, devDependencies, optionalDependencies } = await read<Manifest>(`${folder}/package.json`);
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(versions.length).toBeGreaterThan(0);
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

describe.each(folders)('in %s', (folder) => {
  const installed = async () =>
    Object.entries((await read<Lock>(`${folder}/package-lock.json`)).packages).filter(
      ([path, { link, resolved = '' }]) => !['', ...workspaces].includes(link === true ? resolved : path),
    );

  it('every installed package has one version and a digest of it', async () => {
    const all = (await installed()).filter(([, { inBundle }]) => inBundle !== true);
    expect(all.length).toBeGreaterThan(0);
    const without = all.filter(
      ([, { version, integrity }]) => version === undefined || integrity?.startsWith('sha512-') !== true,
    );
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('no package comes from elsewhere than the registry', async () => {
    // Without an address npm takes the package from the registry that is configured, by its name and version.
    const elsewhere = (await installed()).filter(([, { link, resolved }]) => link === true || resolved !== undefined);
    expect(elsewhere).toEqual([]);
  });
});

it('.nvmrc names the Node that the set-up installs', async () => {
  const { devDependencies } = await read<Manifest>('package.json');
  expect((await readFile('.nvmrc', 'utf8')).trim()).toBe(devDependencies?.node);
});
