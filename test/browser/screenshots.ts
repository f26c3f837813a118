/** `npm run screenshots`: the pictures of the status page in docs/images, of the parts of the demonstration. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Harness, SOUTH } from '../demo/harness.ts';
import { PHONE, startBrowser, visit } from './browser.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
/** Until the charts and trends have something to show. */
const MOMENTS = 25;

const browser = await startBrowser();
const harness = await Harness.start();
try {
  mkdirSync(FOLDER, { recursive: true });
  const { devices, pageUrl } = harness;
  const overview = await visit(browser, pageUrl, { viewport: { width: 1500, height: 1050 } });
  for (let n = 0; n < MOMENTS; n++) {
    await devices.machine.publish('hall/line 1/press', `{"temp":${(20 + 3 * Math.sin(n / 6)).toFixed(2)},"state":1}`);
    await Promise.all(
      Array.from({ length: 4 + (n % 7) }, () => harness.ask({ function: 'tagsearch', params: { limit: 50 } })),
    );
    if (n % 5 === 0) await devices.seneye.postNow();
    if (n === Math.floor(MOMENTS / 2)) await devices.forger.postNow();
    if (n === MOMENTS - 10) await harness.stopPlant(SOUTH);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await overview.page.screenshot({ path: `${FOLDER}status-overview.png` });
  for (const [name, path, options] of [
    ['status-seneye', 'seneye', { viewport: { width: 1300, height: 1000 } }],
    ['status-phone', '', { viewport: PHONE, colorScheme: 'dark' as const }],
  ] as const) {
    const { page } = await visit(browser, pageUrl + path, options);
    await page.waitForSelector('#live[data-is=live]');
    await page.screenshot({ path: `${FOLDER}${name}.png` });
  }
} finally {
  await browser.close();
  await harness.stop();
}
process.exit();
