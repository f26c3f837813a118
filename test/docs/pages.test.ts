/** The documentation for integrators: complete, valid, and the same in every run. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorsPage } from '../../scripts/generators/errors.ts';
import { runExamples } from '../../scripts/generators/examples.ts';
import { functionsPage } from '../../scripts/generators/functions.ts';
import { telemetryPage } from '../../scripts/generators/telemetry.ts';
import { answerSchema } from '../../src/contract/answer.ts';
import { errorCodes } from '../../src/contract/errors.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { requestSchema } from '../../src/contract/request.ts';
import { healthSchema } from '../../src/contract/health.ts';
import { logSchema, metricsSchema, statsSchema } from '../../src/contract/telemetry.ts';
import { auditSchema } from '../../src/contract/audit.ts';

/** What stands in the JSON blocks of a page. */
const jsonBlocks = (page: string): unknown[] =>
  [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, text = '']) => JSON.parse(text) as unknown);

describe('the page of functions', () => {
  it('is the same in every run', async () => {
    expect(await functionsPage()).toBe(await functionsPage());
  });

  it('has every function, a row for every parameter, and a valid example for each that is supported', async () => {
    const page = await functionsPage();
    const examples = await runExamples();
    for (const { name, params, unsupported } of functionTable) {
      expect(page).toContain(`\`${name}\``);
      if (unsupported !== undefined) continue;
      const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const parameter of Object.keys(params.shape)) expect(section).toContain(`\n| \`${parameter}\` | `);
      const example = examples.get(name) ?? expect.fail(`"${name}" needs an example in scripts/generators/examples.ts`);
      const [request, answer] = jsonBlocks(section);
      expect([request, answer]).toEqual([example.request, JSON.parse(JSON.stringify(example.answer))]);
      expect(requestSchema.safeParse(request).error).toBeUndefined();
      expect(answerSchema.parse(answer)).toMatchObject({ function: name, last: true });
      expect(answerSchema.parse(answer).error).toBeUndefined();
    }
  });

  it('shows nothing of the simulator', async () => {
    expect(await functionsPage()).not.toMatch(/127\.0\.0\.1|simulator-access/);
  });
});

it('the page of errors has every code', () => {
  const page = errorsPage();
  for (const [code, { status, advice }] of Object.entries(errorCodes)) {
    expect(page).toMatch(new RegExp(`\\n\\| \`${code}\` \\| ${status} \\|`));
    expect(page).toContain(advice);
  }
});

it('the page of telemetry has every member of every body', () => {
  const page = telemetryPage();
  for (const schema of [healthSchema, metricsSchema, statsSchema, logSchema, auditSchema]) {
    for (const member of Object.keys(schema.shape)) expect(page).toContain(`\n| \`${member}\``);
  }
});

describe('the page of the contract', () => {
  const contract = readFile('docs/contract.md', 'utf8');

  it('shows requests and answers that are valid', async () => {
    const blocks = jsonBlocks(await contract);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) {
      const schema = typeof block === 'object' && block !== null && 'seq' in block ? answerSchema : requestSchema;
      expect(schema.safeParse(block).error?.issues, JSON.stringify(block)).toBeUndefined();
    }
  });

  it('names every member of a request and of an answer', async () => {
    const page = await contract;
    for (const member of [...Object.keys(requestSchema.shape), ...Object.keys(answerSchema.shape)]) {
      expect(page, member).toContain(`\`${member}\``);
    }
  });
});

it('every page points to files and headings that are there', async () => {
  const pages = [
    ...(await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ];
  expect(pages.length).toBeGreaterThan(10);
  for (const page of pages) {
    const text = await readFile(page, 'utf8');
    for (const [, path = '', heading] of text.matchAll(/\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)/g)) {
      const file = path === '' ? page : join(dirname(page), path);
      const target = await readFile(file, 'utf8').catch(() => expect.fail(`${page} points to ${file}`));
      if (heading === undefined) continue;
      const anchors = [...target.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title));
      expect(anchors, `${page} -> ${file}#${heading}`).toContain(heading);
    }
  }
});

/** How GitHub and its like make an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
