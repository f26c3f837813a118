/** The latest readings of devices, with their trends. */
import type { LatestDevice, LatestReading, LatestTag, TrendPoint } from '../../../telemetry/latest-readings.ts';
import type { ScalarValue } from '../../../contract/values.ts';
import { html, type Content, type Markup, whole } from '../markup.ts';
import type { Part } from '../part.ts';
import { count, name, state, table, time } from '../shown.ts';

const WIDTH = 100;
const HEIGHT = 20;

/** The values of a trend as a line. Its text says from where to where it goes. */
export function sparkline(trend: readonly TrendPoint[]): Markup {
  const [first, last] = [trend[0], trend.at(-1)];
  if (first === undefined || last === undefined || trend.length < 2) return html`<span class="none">–</span>`;
  const values = trend.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = last.atMs - first.atMs;
  const points = trend.map(({ atMs, value }) => {
    const x = span === 0 ? WIDTH : ((atMs - first.atMs) / span) * WIDTH;
    const y = most === least ? HEIGHT / 2 : HEIGHT - ((value - least) / (most - least)) * (HEIGHT - 2) - 1;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const label = `${trend.length} values, from ${first.value} to ${last.value}; lowest ${least}, highest ${most}`;
  return html`<svg
    class="spark"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <polyline points="${points.join(' ')}" />
  </svg>`;
}

/** A value as it was sent. A missing value is never a number. */
export function value(shown: ScalarValue): Content {
  if (shown === null) return html`<span class="none">no value</span>`;
  if (typeof shown === 'boolean') return shown ? 'yes' : 'no';
  return typeof shown === 'number' ? shown : name(shown);
}

/** Value, unit and status of a reading. */
export function reading({
  value: of,
  unit,
  status,
  reason,
}: Pick<LatestReading, 'value' | 'unit' | 'status' | 'reason'>): Markup {
  const shown = html`${value(of)}${unit === undefined || of === null ? '' : ` ${unit}`}`;
  if (status === 'Good') return shown;
  return html`${shown}
  ${state(status === 'Bad Data' ? 'bad' : 'warn', status)}${reason === undefined ? '' : html` <span class="none">${reason}</span>`}`;
}

const COLUMNS = [
  { title: 'Device' },
  { title: 'Tag' },
  { title: 'Value' },
  { title: 'Trend' },
  { title: 'Measured' },
  { title: 'Readings', isNumber: true },
];

function rows({ origin, name: device, tags }: LatestDevice): Content[][] {
  return tags.map((tag: LatestTag) => [
    html`${name(device)} <span class="none">${origin.scheme} ${name(origin.connection)}</span>`,
    html`<a href="/tags?fqn=${whole(encodeURIComponent(tag.fqn))}"
      >${name(tag.field === '' ? tag.name : tag.field)}</a
    >`,
    ...[reading(tag), sparkline(tag.trend), time(tag.time), count(tag.count)],
  ]);
}

/** More would be too much for a page that is live. */
const MOST_ROWS = 600;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly devices: readonly LatestDevice[];
  readonly more: Content;
}

function section({ id, title, caption, devices, more }: Section): Markup {
  const [all, ids]: [Content[][], string[]] = [[], []];
  for (const device of devices) {
    if (all.length >= MOST_ROWS) break;
    for (const [at, row] of rows(device).entries()) {
      all.push(row);
      ids.push(`${id}-${device.id}-${at}`);
    }
  }
  const left = devices.reduce((sum, { tagCount }) => sum + tagCount, 0) - all.length;
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${all.length === 0 ? html`<p class="none">No reading since the start.</p>` : table(caption, COLUMNS, all, ids)}${left > 0 && html`<p>${left} more tags are not listed; search for them on the page Tags.</p>`}${more}
  </section>`;
}

const MOST_ON_OVERVIEW = 8;

/** The devices that sent last. Nothing without a feed. */
export const newestReadings: Part = {
  id: 'newest',
  render: ({ devices }) =>
    devices === undefined
      ? html`<div id="newest"></div>`
      : section({
          ...{ id: 'newest', title: 'Latest readings', caption: 'The device that sent last comes first' },
          devices: devices.slice(0, MOST_ON_OVERVIEW),
          more:
            devices.length <= MOST_ON_OVERVIEW
              ? ''
              : html`<p><a href="/readings">All ${devices.length} devices</a></p>`,
        }),
};

/** By connection and name, so that a row stays in its place. */
const inOrder = (a: LatestDevice, b: LatestDevice): number => (keyOf(a) < keyOf(b) ? -1 : 1);
const keyOf = ({ origin, name: device, id }: LatestDevice): string =>
  `${origin.scheme} ${origin.connection} ${device} ${id}`;

/** All known devices. */
export const allReadings: Part = {
  id: 'readings',
  render: ({ devices = [] }) =>
    section({
      ...{ id: 'readings', title: `${devices.length} devices`, caption: 'By connection and name' },
      devices: devices.toSorted(inOrder),
      more: html`<p class="none">The driver remembers the 200 devices that sent last, since its start.</p>`,
    }),
};
