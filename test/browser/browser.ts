/** A real Chromium for tests, from the system. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Starts Chromium. Fails with what to install if there is none. */
export async function startBrowser(): Promise<Browser> {
  if (!existsSync(PATH)) {
    throw new Error(
      `There is no Chromium at ${PATH}: install Debian's package "chromium", or set CHROMIUM to its path.`,
    );
  }
  return chromium.launch({ executablePath: PATH, args: ARGS });
}

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };
export const WALL = { width: 3840, height: 2160 };

/** A page, and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  /** Errors of the page, among them everything that its policy blocks. */
  readonly errors: string[];
  /** Addresses that it asked for. */
  readonly urls: string[];
}

/** Opens a page in a context of its own. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const [errors, urls]: [string[], string[]] = [[], []];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(url);
  return { page, errors, urls };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
  passes: unknown[];
}

/** Fails if axe finds a violation, with all of them. */
export async function expectAccessible(page: Page): Promise<void> {
  // By the debugger, since the policy of the page allows no script from elsewhere.
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate<AxeResult>('axe.run(document, { resultTypes: ["violations"] })');
  expect(
    violations.map(({ id, help, nodes }) => [
      id,
      help,
      nodes.slice(0, 3).map((node) => [node.html, node.failureSummary]),
    ]),
  ).toEqual([]);
  expect(passes.length).toBeGreaterThan(10);
}

/** Whether nothing is wider than the screen. */
export const fits = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= window.innerWidth');
