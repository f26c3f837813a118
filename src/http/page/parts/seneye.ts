/** seneye devices: the latest post of each, its limits, its slide, and its history. */
import type { DevicePost, LatestDevice, LatestReading } from '../../../telemetry/latest-readings.ts';
import type { FeedHealth } from '../../../contract/health.ts';
import type { FeedMetrics } from '../../../contract/telemetry.ts';
import type { Refusal } from '../../../telemetry/telemetry.ts';
import { html, type Content, type Markup } from '../markup.ts';
import type { PageState, Part } from '../part.ts';
import { count, name, state, table, time } from '../shown.ts';
import { reading, sparkline } from './readings.ts';

/** A quantity: its field in the tags, its title, and the attribute that says that it is outside of its limits. */
const QUANTITIES = [
  { field: 'temperature', title: 'Temperature', alert: 'temperatureAlert' },
  { field: 'ph', title: 'pH', alert: 'phAlert' },
  { field: 'ammonia', title: 'NH₃', alert: 'ammoniaAlert' },
  { field: 'par', title: 'PAR' },
  { field: 'lux', title: 'Light' },
  { field: 'kelvin', title: 'Color temperature' },
] as const;

type Quantity = (typeof QUANTITIES)[number];

const isSeneye = ({ origin }: LatestDevice): boolean => origin.scheme === 'seneye';

/** A value, and whether it is within the limits that the user of the device has set. */
function cell({ readings, attributes }: DevicePost, quantity: Quantity): Content {
  const found = readings.find(({ field }) => field === quantity.field);
  if (found === undefined) return html`<span class="none">not sent</span>`;
  return html`${shownValue(found, quantity, attributes)}${'alert' in quantity ? limits(attributes[quantity.alert]) : ''}`;
}

function shownValue(found: LatestReading, { field }: Quantity, attributes: DevicePost['attributes']): Content {
  if (field === 'kelvin' && found.value === null && attributes.kelvinOffLine === true) {
    return html`<span class="none">not on the Kelvin line</span>`;
  }
  return reading(found);
}

function limits(alert: unknown): Content {
  if (alert === true) return html` ${state('bad', 'outside of its limits')}`;
  return alert === false ? html` ${state('good', 'in limits')}` : '';
}

function inWater({ attributes }: DevicePost): Markup {
  if (attributes.inWater === true) return state('good', 'in water');
  return attributes.inWater === false ? state('warn', 'out of water') : state('idle', 'in water: not sent');
}

function slide({ attributes }: DevicePost): Markup {
  if (attributes.slideExpired === true) return state('bad', 'slide expired or not fitted');
  return attributes.slideExpired === false ? state('good', 'slide fitted') : state('idle', 'slide: not sent');
}

const type = ({ attributes }: DevicePost): string =>
  typeof attributes.deviceType === 'string' ? attributes.deviceType : 'not sent';

/** The latest post of a device. */
function latest({ id, name: device, device: sud, origin, tags, posts, received }: LatestDevice): Markup {
  const [post] = posts;
  if (post === undefined) return html``;
  const trendOf = (field: string) => tags.find((tag) => tag.field === field)?.trend ?? [];
  return html`<li id="seneye-${id}" class="card">
    <h3>${name(device)} <span class="kind">${type(post)}, ${name(origin.connection)}</span></h3>
    <p>Measured ${time(post.time)}</p>
    <p>${inWater(post)} ${slide(post)}</p>
    <dl class="values">
      ${QUANTITIES.map(
        (quantity) =>
          html`<div>
            <dt>${quantity.title}</dt>
            <dd><span>${cell(post, quantity)}</span> ${sparkline(trendOf(quantity.field))}</dd>
          </div>`,
      )}
    </dl>
    <p class="none">Id ${name(sud)}. Received ${time(received)}</p>
  </li>`;
}

const COLUMNS = ['Date', 'Name', 'Type', 'In water', ...QUANTITIES.map(({ title }) => title), 'Slide'].map((title) => ({
  title,
}));

/** All posts, the newest first. */
function history(devices: readonly LatestDevice[]): Content[][] {
  return devices
    .flatMap((device) => device.posts.map((post) => ({ device, post })))
    .sort((a, b) => Date.parse(b.post.time) - Date.parse(a.post.time))
    .slice(0, MOST_ROWS)
    .map(({ device, post }) => [
      time(post.time),
      ...[name(device.name), type(post), inWater(post)],
      ...QUANTITIES.map((quantity) => cell(post, quantity)),
      slide(post),
    ]);
}

const MOST_ROWS = 200;

function silentDevices({ silent = [] }: Pick<FeedHealth, 'silent'> = {}): Content {
  if (silent.length === 0) return '';
  return html`<h3>Silent</h3>
    <ul>
      ${silent.map(
        ({ name: device, since }) =>
          html`<li>
            ${state('warn', 'silent')} ${name(device)}:
            ${since === null ? 'no post since the start of the driver' : html`last post ${time(since)}`}
          </li>`,
      )}
    </ul>`;
}

function receiver(feed: FeedHealth, metrics: FeedMetrics | undefined): Markup {
  const { state: word, message, since } = feed;
  const tone = word === 'up' ? 'good' : word === 'silent' || word === 'waiting' ? 'warn' : 'bad';
  return html`<p>
      The receiver is ${state(tone, word)} since ${time(since)}. Last post:
      ${time(feed.lastMessage)}${
        metrics === undefined
          ? ''
          : html` ${count(metrics.received)} posts received, ${count(metrics.refused)} refused.`
      }
    </p>
    ${message === undefined ? '' : html`<p class="message">${message}</p>`}`;
}

const REFUSAL_COLUMNS = [
  { title: 'Last' },
  { title: 'Posts', isNumber: true },
  { title: 'Answer and remedy' },
  { title: 'Sender' },
  { title: 'From' },
];

const refusalRow = ({ last, count: posts, message, sender, address }: Refusal): Content[] => [
  ...[time(last), count(posts), message],
  ...[name(sender ?? '(no header X-SENEYE)'), name(address ?? '–')],
];

/** The receiver, the devices that no longer post, and the posts that it refused. */
export const seneyeReceiver: Part = {
  id: 'seneye-receiver',
  render: ({ health, metrics, refusals }) => {
    const feed = health.feeds?.find(({ kind }) => kind === 'seneye');
    return html`<section id="seneye-receiver" aria-labelledby="seneye-receiver-title">
      <h2 id="seneye-receiver-title">Receiver</h2>
      ${
        feed === undefined
          ? ''
          : receiver(
              feed,
              metrics.feeds?.find(({ kind }) => kind === 'seneye'),
            )
      }
      ${silentDevices(feed)}${refusals.length === 0 ? '' : table('Refused posts by reason, the newest first', REFUSAL_COLUMNS, refusals.map(refusalRow))}
    </section>`;
  },
};

const seneyeDevices = ({ devices = [] }: PageState): LatestDevice[] => devices.filter(isSeneye);

export const seneyeLatest: Part = {
  id: 'seneye-latest',
  render: (page) => {
    const devices = seneyeDevices(page);
    return html`<section id="seneye-latest" aria-labelledby="seneye-latest-title">
      <h2 id="seneye-latest-title">Latest by device</h2>
      ${
        devices.length === 0
          ? html`<p class="none">No post since the start. A device posts about every 30 minutes.</p>`
          : html`<ul class="cards">
              ${devices.map(latest)}
            </ul>`
      }
    </section>`;
  },
};

export const seneyeHistory: Part = {
  id: 'seneye-history',
  render: (page) => {
    const rows = history(seneyeDevices(page));
    return html`<section id="seneye-history" aria-labelledby="seneye-history-title">
      <h2 id="seneye-history-title">Posts</h2>
      ${rows.length === 0 ? html`<p class="none">None yet.</p>` : table(`The newest ${rows.length} posts since the start`, COLUMNS, rows)}
    </section>`;
  },
};
