/** A seneye sensor posts what it measured, and gets its success when that is safe. */
import { block } from '../print/page.ts';
import { showReadings } from '../print/readings.ts';
import { accent, bad, good } from '../print/style.ts';
import type { Step } from '../step.ts';

export const seneye: Step = {
  title: 'A seneye sensor',
  about:
    'A sender of the Local Data Exchange posts a signed reading of a Reef: standard base64 in the signature, as devices ' +
    'do it. A second one, which does not know the secret, posts the same.',
  async run({ harness, checks }) {
    const { devices, readings } = harness;
    const mark = readings.mark;
    const [posted] = await devices.seneye.postNow();
    block([`${accent('→')} POST ${devices.seneyeUrl}   ${good(String(posted?.status))}`]);
    const ofTank = await readings.after(mark, 7, ({ source }) => source.startsWith('seneye:'));
    showReadings(ofTank.filter(({ body }) => body.unit !== undefined));
    checks.same('the sender got its 2xx', posted?.status, 200);
    const data = (posted?.message as { SUD: { id: string; data: Record<string, unknown> } }).SUD;
    const valueOf = (name: string) => ofTank.find(({ body }) => body.fqn.endsWith(`%23${name}`))?.body;
    checks.same(
      'temperature, pH and ammonia are what the device measured, at its own time',
      ['temperature', 'ph', 'ammonia'].map((name) => [valueOf(name)?.value, valueOf(name)?.time]),
      (['T', 'P', 'N'] as const).map((key) => [
        data.data[key],
        new Date((posted?.timestamp ?? 0) * 1000).toISOString().replace('.000', ''),
      ]),
    );
    const [forged] = await devices.forger.postNow();
    block([`${accent('→')} POST with a guessed secret   ${bad(String(forged?.status))}`]);
    checks.same('a wrong signature is refused', forged?.status, 401);
  },
};
