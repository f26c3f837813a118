/** Search and plot of tags, as pages without a script. */
import { describe, expect, it } from 'vitest';
import type { CallerAnswer } from '../../../../src/http/page/driver-caller.ts';
import { tagsPage, type TagSources } from '../../../../src/http/page/tags-page.ts';
import type { LatestTag } from '../../../../src/telemetry/latest-readings.ts';

const FQN = 'seeq:north/signal/1';
const DEVICE = 'mqtt:hall/signal/a';
const tag: LatestTag = {
  ...{ fqn: DEVICE, field: 'a', name: 'Hall temperature', time: '2026-01-01T00:00:00Z', value: 21.5, unit: '°C' },
  ...{ status: 'Good', count: 2 },
  trend: [
    { atMs: 1_767_225_500_000, value: 21 },
    { atMs: 1_767_225_600_000, value: 21.5 },
  ],
};
const noCall: TagSources['call'] = () => expect.fail('no call');

async function shown(query: string, answer: Partial<CallerAnswer> | undefined, tags: LatestTag[] = []) {
  const calls: [string, object][] = [];
  const call: TagSources['call'] = (name, params) => {
    calls.push([name, params]);
    return Promise.resolve({ items: [], isCut: false, ...answer });
  };
  const page = await tagsPage(new URLSearchParams(query), { call: answer === undefined ? noCall : call, tags });
  return { html: String(page), calls };
}

const hit = (more: object = {}) => ({
  ...{ fqn: FQN, name: 'Power', displayName: 'north Power', kind: 'signal', path: ['Plant', 'Area A'], unit: 'kW' },
  ...more,
});

it('without a query it has the form alone, and asks nothing', async () => {
  const { html } = await shown('', undefined);
  expect(html).toContain('<form');
  expect(html).not.toContain('Results');
});

describe('a search', () => {
  it('lists tags of servers and of devices, with links', async () => {
    const { html, calls } = await shown('q=temp', { items: [hit(), hit({ path: [], unit: undefined })] }, [tag]);
    expect(calls).toEqual([['tagsearch', { query: 'temp', limit: 50 }]]);
    expect(html).toContain(`/tags?fqn=${encodeURIComponent(FQN)}`);
    expect(html).toContain(`/tags?fqn=${encodeURIComponent(DEVICE)}`);
    expect(html).toContain('Plant / Area A');
    expect(html).toContain('3 tags for temp');
  });

  it('says that there are more, and which server failed', async () => {
    const failed = { index: 0, host: 'south', error: { code: 'timeout', message: 'South did not answer <b>' } };
    const { html } = await shown('q=x', { items: [hit(), failed], isCut: true });
    expect(html).toContain('The first 1 tags');
    expect(html).toContain('South did not answer &lt;b&gt;');
  });

  it('says why there is none', async () => {
    const error = { code: 'overloaded', message: 'Too many requests.', retryable: true } as const;
    expect((await shown('q=x', { error })).html).toContain('Too many requests.');
    expect((await shown('q=x', {})).html).toContain('No tag was found.');
  });
});

describe('a plot', () => {
  const chunk = {
    ...{ index: 0, fqn: FQN, unit: 'kW' },
    times: ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    values: [1, 2],
  };

  it('has the range of the query, the newest value and a table', async () => {
    const { html, calls } = await shown(`fqn=${FQN}&range=8h`, { items: [chunk] });
    const [[name, params] = expect.fail('no call')] = calls;
    expect(name).toBe('plotted');
    const { start, end } = params as { start: string; end: string };
    expect(Date.parse(end) - Date.parse(start)).toBe(8 * 3_600_000);
    expect(html).toContain('The newest 2 of 2 values');
    expect(html).toContain('data-plot');
    expect(html).toMatch(/range=8h"\s*aria-current="true"/);
  });

  it.each(['', '&range=nonsense'])('has a day with the range %j', async (range) => {
    const { calls } = await shown(`fqn=${FQN}${range}`, {});
    const { start, end } = calls[0]?.[1] as { start: string; end: string };
    expect(Date.parse(end) - Date.parse(start)).toBe(86_400_000);
  });

  it('says that there is no value, or why', async () => {
    expect((await shown(`fqn=${FQN}`, { items: [{ ...chunk, times: [], values: [] }] })).html).toContain(
      'No value in this range.',
    );
    const error = { code: 'notFound', message: 'There is no such tag.', retryable: false } as const;
    const { html } = await shown(`fqn=${FQN}`, { error });
    expect(html).toContain('There is no such tag.');
    expect(html).not.toContain('No value in this range.');
  });

  it('of a device needs no function of the driver', async () => {
    const { html } = await shown(`fqn=${DEVICE}`, undefined, [tag]);
    expect(html).toContain('21.5');
    expect(html).toContain('°C');
  });
});
