/** The status page in a real Chromium: `npm run test:browser`. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, NORTH, SOUTH } from '../demo/harness.ts';
import { startDriver } from '../support/driver-process.ts';
import { eventually } from '../support/eventually.ts';
import { DESK, expectAccessible, fits, PHONE, startBrowser, visit, WALL } from './browser.ts';

let harness: Harness;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
  harness = await Harness.start();
  const { devices } = harness;
  await eventually(async () => {
    expect((await devices.seneye.postNow())[0]?.status).toBe(200);
  });
  await devices.forger.postNow();
  for (let n = 0; n < 5; n++) await devices.machine.publish('hall/count/pallets', String(n * n));
  await harness.ask({ function: 'tagsearch', params: { limit: 5 } });
});
afterAll(async () => {
  await browser.close();
  await harness.stop();
});

const url = (path: string): string => new URL(path, harness.pageUrl).href;
const open = (path: string, options = {}) => visit(browser, url(path), options);
const PAGES = ['', 'readings', 'seneye', 'tags', 'tags?q=Temperature'];

describe('the page', () => {
  it('asks nothing of another address, and breaks none of its own rules', async () => {
    for (const path of PAGES) {
      const { page, errors, urls } = await open(path);
      await page.waitForLoadState('load');
      if (path === '') await page.waitForSelector('#charts canvas');
      expect(errors).toEqual([]);
      expect(urls.filter((one) => !one.startsWith(harness.pageUrl))).toEqual([]);
      await page.context().close();
    }
  });

  it.each(
    [
      ['a desk', { viewport: DESK }],
      ['a phone', { viewport: PHONE, hasTouch: true, isMobile: true }],
      ['a wall screen', { viewport: WALL }],
      ['a desk in the dark', { viewport: DESK, colorScheme: 'dark' as const }],
      ['a phone in the dark', { viewport: PHONE, isMobile: true, colorScheme: 'dark' as const }],
    ].map(([name, options]) => ({ name: name as string, options: options as object })),
  )('is accessible and fits on $name', async ({ options }) => {
    for (const path of PAGES) {
      const { page } = await open(path, options);
      if (path === '') await page.waitForSelector('#charts canvas');
      await expectAccessible(page);
      expect([path, await fits(page)]).toEqual([path, true]);
      await page.context().close();
    }
  });

  it('is whole without a script', async () => {
    const { page } = await open('', { javaScriptEnabled: false });
    const text = await page.innerText('main');
    for (const part of ['The driver is', 'NATS', 'north', 'south', 'READINGS', 'hall', 'lde', 'tagsearch', 'As of']) {
      expect(text).toContain(part);
    }
    await page.goto(url('seneye'));
    const seneye = await page.innerText('main');
    for (const part of [
      'Reef 1',
      'in water',
      'in limits',
      'slide',
      '°C',
      'ppm',
      'µmol/m²/s',
      'lx',
      'The signature is wrong.',
    ]) {
      expect(seneye).toContain(part);
    }
    await page.goto(url('tags'));
    await page.fill('#q', 'Temperature');
    await page.click('main button');
    await page.click('tbody a >> nth=0');
    expect(await page.innerText('main')).toContain('Newest:');
  });

  it('searches and plots a tag', async () => {
    const { page, errors } = await open('tags');
    await page.fill('#q', 'Temperature');
    await page.press('#q', 'Enter');
    await page.click('tbody a >> nth=0');
    await page.waitForSelector('#plot canvas');
    expect(errors).toEqual([]);
  });

  it('can be used with the keyboard', async () => {
    const { page } = await open('');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
  });
});

describe('live', () => {
  it('the charts stay when parts change, and get the new samples', async () => {
    const { page } = await open('');
    await page.waitForSelector('#live[data-is=live]');
    await harness.devices.machine.publish('hall/count/charted', '123456');
    await page.waitForSelector('td:has-text("123456")');
    expect(await page.locator('#charts canvas').count()).toBe(3);
    const drawn = () => page.evaluate('document.querySelector("#charts canvas").toDataURL()');
    const before = await drawn();
    await expect.poll(drawn).not.toBe(before);
  });

  it('a new reading appears without a reload, and the focus stays', async () => {
    const { page } = await open('readings');
    await page.waitForSelector('#live[data-is=live]');
    await page.evaluate('window.sameDocument = true');
    await page.focus('tbody a >> nth=0');
    const focused = await page.evaluate('document.activeElement.getAttribute("href")');
    await harness.devices.machine.publish('hall/count/fresh', '424242');
    await page.waitForSelector('td:has-text("424242")');
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    expect(await page.evaluate('document.activeElement.tagName')).toBe('A');
    expect(typeof focused).toBe('string');
  });

  it('the outage of a source appears with its cause, and its recovery', async () => {
    const { page } = await open('');
    await page.waitForSelector('#summary:has-text("All parts work."), #summary.good, #summary.warn');
    await harness.stopPlant(SOUTH);
    await page.waitForSelector('#components li.bad:has-text("south"):has-text("down")');
    const card = await page.innerText('#components li.bad:has-text("south")');
    expect(card).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    expect(card.length).toBeGreaterThan(60);
    await harness.startPlant(SOUTH);
    await page.waitForSelector('#components li.good:has-text("south")');
    expect(await page.innerText('#components li:has-text("north")')).toContain(NORTH);
  });

  it('the outage of the bus appears, and its recovery', async () => {
    const { page } = await open('');
    await page.waitForSelector('#bus.good');
    await harness.cluster.nats.halt();
    await page.waitForSelector('#bus.bad:has-text("not connected")');
    expect(await page.innerText('#bus .message')).not.toBe('');
    expect(await page.title()).toMatch(/^down: /);
    await harness.cluster.nats.restart();
    await page.waitForSelector('#bus.good');
  });

  it('without the driver the page says so, and is live again when the driver is back', async () => {
    const { page } = await open('');
    await page.waitForSelector('#live[data-is=live]');
    await harness.cluster.driver.stop();
    await page.waitForSelector('#live.lost:has-text("No connection to the driver since")');
    expect(await page.evaluate('document.body.classList.contains("stale")')).toBe(true);
    harness.cluster.driver = startDriver(harness.cluster.driverOptions);
    await page.waitForSelector('#live:not(.lost)');
    expect(await page.evaluate('document.body.classList.contains("stale")')).toBe(false);
  });
});
