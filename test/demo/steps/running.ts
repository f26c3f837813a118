/** What is running, and whether the driver says the same. */
import { packageVersion } from '../../../src/cli/version.ts';
import { REQUEST_TOPIC } from '../../support/cluster.ts';
import { block, blockWidth, say } from '../print/page.ts';
import { picture } from '../print/picture.ts';
import { shortKey } from '../print/short.ts';
import { fit } from '../print/style.ts';
import { itemsOf, type Step } from '../step.ts';
import { PLANTS } from '../harness.ts';
import { versionOf } from '../../../simulators/seeq/answers/system.ts';
import { DEFAULT_OPTIONS } from '../../../simulators/seeq/options.ts';

export const running: Step = {
  title: 'What is running',
  about:
    'A NATS server with fresh keys and certificates, the driver, and two simulated Seeq servers: each is a process of ' +
    'its own on this machine. The caller is a second identity on the bus, with a key of its own. Devices come later: a ' +
    'machine at a mosquitto, a data marketplace, an IoT Open platform and a seneye sensor.',
  async run({ harness, checks, ask }) {
    const { nats, caller, driver, driverKey } = harness.cluster;
    const facts = (text: string): string => fit(text, blockWidth() - 20);
    say();
    block(
      picture({
        caller: facts(`this process (pid ${process.pid}), NKey ${shortKey(caller.publicKey)}`),
        topic: REQUEST_TOPIC,
        bus: facts(`${nats.version} at ${nats.url} (pid ${nats.pid})`),
        driver: facts(`${packageVersion()}, pid ${driver.pid}, NKey ${shortKey(driverKey.publicKey)}`),
        plants: PLANTS.map((name) => {
          const { url, pid } = harness.plant(name);
          return { name, address: `${url} (pid ${pid})` };
        }),
      }),
    );
    const asked = await ask({ function: 'version' });
    checks.same('the driver has the version of this checkout and sees the version of both plants', itemsOf(asked), [
      {
        driver: 'iota-seeqdrv',
        version: packageVersion(),
        hosts: PLANTS.map((name) => ({ name, version: versionOf(DEFAULT_OPTIONS.release) })),
      },
    ]);
  },
};
