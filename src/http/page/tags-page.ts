/** Search and plot of any tag. Forms and links alone, so that it works without a script; that draws the plot. */
import { z } from 'zod';
import { tagSchema } from '../../contract/functions/search.ts';
import type { LatestTag } from '../../telemetry/latest-readings.ts';
import { folded } from '../../lib/text.ts';
import type { CallerAnswer } from './driver-caller.ts';
import { html, type Content, type Markup, whole } from './markup.ts';
import { reading } from './parts/readings.ts';
import { plotOf, plotOfTrend, type Plot } from './plot.ts';
import { name, table, time } from './shown.ts';

export const TAGS_PATH = '/tags';

/** Ranges of a plot up to now. */
const RANGES = [
  ['1h', 'hour', 3_600_000],
  ['8h', '8 hours', 28_800_000],
  ['1d', 'day', 86_400_000],
  ['7d', '7 days', 604_800_000],
  ['30d', '30 days', 2_592_000_000],
  ['365d', 'year', 31_536_000_000],
] as const;
const DEFAULT_RANGE = '1d';

/** Hits of a search, intervals of a plot, and listed values. */
const MOST_HITS = 50;
const INTERVALS = 400;
const MOST_LISTED = 50;
const LONGEST_QUERY = 200;

export interface TagSources {
  /** Calls a function of the driver. */
  readonly call: (name: string, params: object) => Promise<CallerAnswer>;
  /** The tags of devices, which no function of the driver reads. */
  readonly tags: readonly LatestTag[];
}

/** The content of the page for the query of its URL. */
export async function tagsPage(query: URLSearchParams, { call, tags }: TagSources): Promise<Markup> {
  const fqn = (query.get('fqn') ?? '').slice(0, 4096);
  const text = (query.get('q') ?? '').slice(0, LONGEST_QUERY);
  const content =
    fqn !== ''
      ? await plotSection(fqn, query.get('range'), { call, tags })
      : text !== ''
        ? await hits(text, { call, tags })
        : '';
  return html`<h1>Tags</h1>
    ${searchForm(text)}${content}`;
}

const searchForm = (text: string): Markup =>
  html`<form class="ask" method="get" action="${TAGS_PATH}" role="search">
    <label for="q"
      >Name; * stands for any text
      <input id="q" name="q" type="search" value="${text}" maxlength="${LONGEST_QUERY}" required /></label
    ><button>Search</button>
  </form>`;

const HIT_COLUMNS = [{ title: 'Tag' }, { title: 'Path' }, { title: 'Unit' }, { title: 'Server' }];

async function hits(text: string, { call, tags }: TagSources): Promise<Markup> {
  const { items, error, isCut } = await call('tagsearch', { query: text, limit: MOST_HITS });
  const found = items.flatMap((item) => {
    const parsed = tagSchema.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  });
  const failures = items.flatMap((item) => {
    const parsed = failedHit.safeParse(item);
    return parsed.success ? [parsed.data.error.message] : [];
  });
  const device = tags.filter((tag) => folded(tag.name).includes(folded(text))).slice(0, MOST_HITS);
  const readings = device.map(({ fqn, name: tag, unit = '' }): Content[] => [
    html`<a href="${TAGS_PATH}?fqn=${whole(encodeURIComponent(fqn))}">${name(tag)}</a>`,
    ...['–', unit, fqn.slice(0, fqn.indexOf('/'))],
  ]);
  const servers = found.map(({ fqn, name: tag, displayName, path, unit = '' }): Content[] => [
    html`<a href="${TAGS_PATH}?fqn=${whole(encodeURIComponent(fqn))}">${name(tag)}</a>`,
    name(path.join(' / ') || '–'),
    unit,
    name(displayName.slice(0, Math.max(0, displayName.length - tag.length)).trim() || '–'),
  ]);
  const rows = [...servers, ...readings];
  return html`<section aria-labelledby="hits-title">
    <h2 id="hits-title">Results</h2>
    ${problemsOf(error === undefined ? failures : [error.message])}
    ${rows.length === 0 ? html`<p class="none">No tag was found.</p>` : table(`${isCut ? `The first ${rows.length} tags` : `${rows.length} tags`} for ${text}`, HIT_COLUMNS, rows)}
  </section>`;
}

async function plotted(fqn: string, start = '', end = '', call: TagSources['call']): Promise<Plot> {
  const { items, error } = await call('plotted', { items: [fqn], start, end, count: INTERVALS });
  return error === undefined ? plotOf(items) : { step: false, samples: [], line: [], error: error.message };
}

const failedHit = z.object({ error: z.object({ message: z.string() }) });

const problemsOf = (texts: readonly string[]): Content =>
  texts.map((text) => html`<p role="alert" class="panel bad">${text}</p>`);

async function plotSection(fqn: string, asked: string | null, { call, tags }: TagSources): Promise<Markup> {
  const [key, , rangeMs] =
    RANGES.find(([one]) => one === asked) ?? RANGES.find(([one]) => one === DEFAULT_RANGE) ?? RANGES[0];
  const now = Date.now();
  const [start, end] = [now - rangeMs, now].map((ms) => new Date(ms).toISOString());
  const known = tags.find((tag) => tag.fqn === fqn);
  const plot = known === undefined ? await plotted(fqn, start, end, call) : plotOfTrend(known);
  const newest = plot.samples.at(-1);
  const unit = plot.unit;
  return html`<section aria-labelledby="plot-title">
    <h2 id="plot-title">${name(fqn)}</h2>
    <p>
      <span id="plot-range">Up to now:</span> ${RANGES.map(
        ([one, title]) =>
          html`<a
            href="${TAGS_PATH}?fqn=${whole(encodeURIComponent(fqn))}&amp;range=${one}"
            ${one === key ? html` aria-current="true"` : ''}
            >${title}</a
          > `,
      )}
    </p>
    ${plot.error === undefined ? '' : problemsOf([plot.error])}
    ${newest === undefined ? '' : html`<p>Newest: <strong>${reading({ ...newest, unit })}</strong> at ${time(newest.time)}</p>`}
    ${
      plot.line.some(([, value]) => value !== null)
        ? html`<div
            id="plot"
            class="panel chart"
            data-plot="${whole(JSON.stringify({ line: plot.line, step: plot.step, unit }))}"
            role="img"
            aria-label="Plot of ${plot.samples.length} values; the table below lists the newest"
          ></div>`
        : ''
    }
    ${
      plot.samples.length === 0
        ? plot.error === undefined && html`<p class="none">No value in this range.</p>`
        : table(
            `The newest ${Math.min(MOST_LISTED, plot.samples.length)} of ${plot.samples.length} values`,
            [{ title: 'Time' }, { title: 'Value' }],
            plot.samples
              .slice(-MOST_LISTED)
              .reverse()
              .map((sample) => [time(sample.time), reading({ ...sample, unit })]),
          )
    }
  </section>`;
}
