/** What runs now: requests and leases. */
import { html, type Content } from '../markup.ts';
import type { ActiveWork } from '../../../telemetry/telemetry.ts';
import type { Part } from '../part.ts';
import { count, isoTime, name, table, time } from '../shown.ts';

/** Rows of each table; the page asks for no more. */
export const MOST_ACTIVE = 20;

const row = ({ function: of, user, arrivedMs }: ActiveWork): Content[] => [
  of,
  user === '' ? html`<span class="none">–</span>` : name(user),
  time(isoTime(arrivedMs)),
];
const COLUMNS = [{ title: 'Function' }, { title: 'User' }, { title: 'Since' }];

export const activity: Part = {
  id: 'activity',
  render: ({ activity: { requests, leases, load }, metrics: { inFlight } }) =>
    html`<section id="activity" aria-labelledby="activity-title">
      <h2 id="activity-title">Running now</h2>
      <p>
        ${count(inFlight)} ${inFlight === 1 ? 'request' : 'requests'}; ${count(load.leases)}
        ${load.leases === 1 ? 'lease' : 'leases'} with ${count(load.items)} items, for which ${count(load.tags)} tags
        are read.
      </p>
      ${requests.length === 0 ? '' : table(`Requests, the oldest ${requests.length}`, COLUMNS, requests.map(row))}
      ${leases.length === 0 ? '' : table(`Leases, the oldest ${leases.length}`, COLUMNS, leases.map(row))}
    </section>`,
};
