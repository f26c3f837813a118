/**
 * The floor under the driver: the smallest program that turns the same requests into the same calls and the same bytes,
 * with no checks, no limits, no sessions, no errors. What the driver takes longer is the price of its promises.
 *
 * Usage: floor.ts <json: { servers, ca, seed, subject, url }>
 */
import { connect, nkeyAuthenticator, type Msg } from 'nats';
import { Pool } from 'undici';

interface FloorOptions {
  servers: string;
  ca: string;
  seed: string;
  subject: string;
  url: string;
}

interface FloorRequest {
  id: string;
  function: 'snapshot' | 'discrete';
  params: { items: [string]; start: string; end: string };
}

interface Sample {
  key: string;
  value: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as FloorOptions;
const pool = new Pool(options.url, { connections: 64 });
const headers = {
  accept: 'application/vnd.seeq.v1+json',
  'content-type': 'application/vnd.seeq.v1+json',
  'x-sq-auth': 'token',
};
const nc = await connect({
  servers: options.servers,
  tls: { ca: options.ca },
  authenticator: nkeyAuthenticator(Buffer.from(options.seed)),
  resolve: false,
});
nc.subscribe(options.subject, { queue: 'floor', callback: (_error, message) => void answer(message) });
await nc.flush();
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => process.exit(0));

async function answer(message: Msg): Promise<void> {
  const request = JSON.parse(message.string()) as FloorRequest;
  const item = request.function === 'snapshot' ? await snapshot(request) : await discrete(request);
  const meta = { elapsedMs: 1, sourceMs: 1, sourceRequests: 1, hosts: ['bench'] };
  const { id, function: name } = request;
  message.respond(
    Buffer.from(JSON.stringify({ id, function: name, seq: 0, last: true, status: 'ok', items: [item], meta })),
  );
}

async function snapshot({ params }: FloorRequest): Promise<object> {
  const id = params.items[0].slice(-36);
  const path = `/api/signals/${id}/sample/${encodeURIComponent(new Date().toISOString())}?lookup=AtOrBefore`;
  const { sample } = (await get(path)) as { sample: Sample };
  return { index: 0, fqn: params.items[0], value: sample.value, time: sample.key, status: 'Good', unit: '°C' };
}

async function discrete({ params }: FloorRequest): Promise<object> {
  const id = params.items[0].slice(-36);
  const query = `start=${params.start}&end=${params.end}&boundaryValues=Inclusive&limit=10000`;
  const { samples } = (await get(`/api/signals/${id}/samples?${query}`)) as { samples: Sample[] };
  return {
    index: 0,
    fqn: params.items[0],
    times: samples.map(({ key }) => key),
    values: samples.map(({ value }) => value),
    unit: '°C',
  };
}

async function get(path: string): Promise<unknown> {
  const { body } = await pool.request({ path, method: 'GET', headers });
  return body.json();
}
