/** The status page, and whether its numbers are those of the telemetry. */
import { metricsSchema, type Metrics } from '../../../src/contract/telemetry.ts';
import { count } from '../../../src/http/page/shown.ts';
import { block, say } from '../print/page.ts';
import { accent } from '../print/style.ts';
import type { Step } from '../step.ts';
import { METRICS_TOPIC, type Harness } from '../harness.ts';

/** More attempts than other traffic between two messages makes necessary. */
const ATTEMPTS = 20;

export const statusPage: Step = {
  title: 'The status page',
  about:
    'The driver serves a page for people: what works and what does not, since when, why and what to do, live charts, the ' +
    'latest readings, the seneye devices, and search and plot of any tag. Open it in a browser.',
  async run({ harness, checks }) {
    say();
    block([accent(harness.pageUrl)]);
    say();
    const { shown, published } = await atOnce(harness);
    checks.same('the page has the requests by function of the metrics on the bus', shown, published);
    const seneye = await (await fetch(`${harness.pageUrl}seneye`)).text();
    checks.same('the page of the seneye devices shows the reef', seneye.includes('<bdi>Reef 1</bdi>'), true);
    const { url } = await fetch(harness.devices.seneyeUrl, { headers: { accept: 'text/html' } });
    checks.same(
      'a browser that opens the address of the seneye receiver is led there',
      url,
      `${harness.pageUrl}seneye`,
    );
  },
};

/** The requests of the page, and of the metrics, at a moment when nothing happens between the two. */
async function atOnce(harness: Harness) {
  let found = { shown: {}, published: {} };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const published = requestsOf(await nextMetrics(harness));
    const shown = requestsShown(await (await fetch(harness.pageUrl)).text());
    found = { shown, published };
    if (JSON.stringify(requestsOf(await nextMetrics(harness))) === JSON.stringify(published)) break;
  }
  return found;
}

async function nextMetrics({ cluster }: Harness): Promise<Metrics> {
  for await (const message of cluster.connection.subscribe(METRICS_TOPIC, { max: 1 })) {
    return metricsSchema.parse(message.json());
  }
  throw new Error('The connection to the bus ended.');
}

const requestsOf = ({ requests }: Metrics): Record<string, string> =>
  sorted(
    requests.map(({ function: of, results }) => [
      of === '' ? '(no known function)' : of,
      count(Object.values(results).reduce((all, n) => all + n, 0)),
    ]),
  );

/** The first two columns of the table. */
function requestsShown(page: string): Record<string, string> {
  const dense = page.replace(/>\s+/g, '>').replace(/\s+</g, '<');
  const table = dense.split('<caption>Requests by function</caption>', 2)[1]?.split('</table>', 1)[0] ?? '';
  const rows = table.matchAll(/<tr[^>]*><th scope="row">([^<]*)<\/th><td class="n">([^<]*)<\/td>/g);
  return sorted([...rows].map(([, of = '', all = '']) => [of, all]));
}

const sorted = (entries: [string, string][]): Record<string, string> =>
  Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
