/** Do the tests notice when an answer lacks something? Runs the quick ones once for each thing that can be missing. */
import { pytest, type Addresses } from './pytest.ts';
import { TAMPERINGS, tamperingProxy, type Tampering } from './tampering-proxy.ts';

/** True when the tests pass through a proxy that does nothing, and fail through each one that takes something away. */
export async function selfCheck(python: string, simulator: Addresses): Promise<boolean> {
  let failed = 0;
  for (const tampering of [undefined, ...TAMPERINGS]) {
    const problem = await runThrough(python, simulator, tampering);
    if (problem !== undefined) failed += 1;
    const name = tampering === undefined ? 'a proxy that takes nothing away' : `without ${tampering.name}`;
    console.log(`${problem === undefined ? 'ok  ' : 'FAIL'} ${name}${problem === undefined ? '' : `: ${problem}`}`);
  }
  console.log(`\n${TAMPERINGS.length + 1 - failed} passed, ${failed} failed`);
  return failed === 0;
}

/** What is wrong; undefined when the tests did what they should. */
async function runThrough(
  python: string,
  { url, controlUrl }: Addresses,
  tampering: Tampering | undefined,
): Promise<string | undefined> {
  const proxy = await tamperingProxy(url, tampering);
  try {
    const { code, output } = await pytest(python, { url: proxy.url, controlUrl }, { args: ['-m', 'quick', '-x'] });
    if (tampering === undefined) return code === 0 ? undefined : `the tests fail (exit code ${code})\n${output}`;
    if (!proxy.tampered()) return `no answer had it\n${output}`;
    const [, noticed] = /^FAILED (\S+)/m.exec(output) ?? [];
    // 1 is what pytest ends with when tests ran and failed.
    if (code !== 1 || noticed === undefined) return `the tests did not notice (exit code ${code})\n${output}`;
    console.log(`     noticed by ${noticed}`);
    return undefined;
  } finally {
    await proxy.stop();
  }
}
