/**
 * No regular expression of the product takes longer than the text is long. Each is analysed, and run on texts that are
 * made to be hard for it: one that is not linear would not end within the limit of the test, whatever the machine does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { analyse } from 'scslre';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { patternFilters } from '../../src/sources/seeq/search/filter.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

interface Expression {
  place: string;
  source: string;
  flags: string;
}

/** All literals and all `RegExp` of constants. */
function expressionsOf(file: string): Expression[] {
  const found: Expression[] = [];
  const code = ts.createSourceFile(file, readFileSync(SRC + file, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const place = `${file}:${code.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push({ place, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
      const [source, flags] = node.arguments ?? [];
      if (source && ts.isStringLiteralLike(source))
        found.push({ place, source: source.text, flags: flags && ts.isStringLiteralLike(flags) ? flags.text : '' });
    }
    ts.forEachChild(node, visit);
  };
  visit(code);
  return found;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const expressions = files.flatMap(expressionsOf);

/** Ways to super-linear time. A sticky expression does not move through the text, so its callers do. */
function reports({ source, flags }: Expression): string[] {
  const found = analyse({ source, flags }).reports;
  return found.flatMap(({ type }) => (type === 'Move' && flags.includes('y') ? [] : [type]));
}

describe('regular expressions', () => {
  it('are found', () => {
    expect(expressions.length).toBeGreaterThan(150);
    expect(expressions.map(({ place }) => place.split(':')[0])).toContain('sources/seeq/search/filter.ts');
  });

  it.each([
    ['^[\\w]+(?: ?[\\w-]+)*$', ''],
    ['\\s+$', ''],
    ['^(.*)a(.*)b$', ''],
  ])('/%s/ would be noticed', (source, flags) => {
    expect(reports({ place: '', source, flags })).not.toEqual([]);
  });

  it('are linear as far as the analysis goes', () => {
    expect(expressions.filter((expression) => reports(expression).length > 0)).toEqual([]);
  });

  it('end on texts that are hard for them', async () => {
    const ended = new Set<string>();
    const worker = new Worker(new URL('attack-worker.ts', import.meta.url), { workerData: expressions });
    try {
      await new Promise<void>((resolve, reject) => {
        worker.on('message', (place: string) => ended.add(place));
        worker.once('error', reject);
        worker.once('exit', () => {
          resolve();
        });
      });
    } finally {
      await worker.terminate();
    }
    expect(expressions.filter(({ place }) => !ended.has(place))).toEqual([]);
  });
});

describe('a search text', () => {
  it.each([
    'AREA51_REACTOR_TEMPERATURE_SETPOINT.PV',
    `${'a'.repeat(999)}.`,
    `${'a '.repeat(499)}.`,
    `${'_'.repeat(999)}!`,
  ])('%s becomes a filter', (text) => {
    expect(patternFilters({ kind: 'contains', text }, ['name'])).toHaveLength(1);
  });

  it.each(['[', '[\\\\', '&', '\\'])('of many %j becomes a filter', (part) => {
    const text = part.repeat(65_536);
    expect(patternFilters({ kind: 'regex', text }, ['name'])).toHaveLength(1);
  });
});
