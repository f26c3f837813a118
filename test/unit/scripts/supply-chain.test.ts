/** What npm installs is what was installed when a version was chosen: exact versions, and digests that npm checks. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

interface Manifest {
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

describe.each(['.', 'scripts/setup/node'])('in %s', (folder) => {
  it('every package has one version and a digest of it', async () => {
    const { dependencies, devDependencies, optionalDependencies } = await read<Manifest>(`${folder}/package.json`);
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const { packages } = await read<Lock>(`${folder}/package-lock.json`);
    const installed = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && inBundle !== true);
    expect(installed.length).toBeGreaterThanOrEqual(versions.length);
    const without = installed.filter(
      ([, { version, integrity }]) => version === undefined || integrity?.startsWith('sha512-') !== true,
    );
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('no package comes from elsewhere than the registry', async () => {
    const { packages } = await read<Lock>(`${folder}/package-lock.json`);
    // Without an address npm takes the package from the registry that is configured, by its name and version.
    const elsewhere = Object.entries(packages).filter(
      ([, { link, resolved }]) => link === true || resolved !== undefined,
    );
    expect(elsewhere).toEqual([]);
  });
});

it('.nvmrc names the Node that the set-up installs', async () => {
  const { devDependencies } = await read<Manifest>('package.json');
  expect((await readFile('.nvmrc', 'utf8')).trim()).toBe(devDependencies?.node);
});
