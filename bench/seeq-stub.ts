/**
 * The fastest possible stand-in for a Seeq server: prepared bytes, no checks. A benchmark against the simulator would
 * measure the simulator. Prints its address as one line of JSON.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MEDIA_TYPE = 'application/vnd.seeq.v1+json';
/** Samples of the history benchmark. */
const SAMPLES = 10_000;

const headers = { 'content-type': MEDIA_TYPE };
const user = body({ id: 'A', name: 'bench', type: 'User' });
const sample = body({
  sample: { key: '2026-01-01T00:00:00.123456789Z', value: 21.5, isUncertain: false },
  keyUnitOfMeasure: 'ns',
  valueUnitOfMeasure: '°C',
});
const samples = body({
  samples: Array.from({ length: SAMPLES }, (_, n) => ({
    key: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    value: Math.round(Math.sin(n / 50) * 10_000) / 1000,
    isUncertain: false,
  })),
  keyUnitOfMeasure: 'ns',
  valueUnitOfMeasure: '°C',
});

const server = createServer((request, response) => {
  const url = request.url ?? '';
  request.resume();
  if (url.startsWith('/api/auth/login')) {
    response.writeHead(200, { ...headers, 'x-sq-auth': 'token', 'content-length': user.length }).end(user);
    return;
  }
  const answer = url.includes('/samples?') ? samples : sample;
  response.writeHead(200, { ...headers, 'content-length': answer.length }).end(answer);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
// The pipe breaks when the benchmark ends, however it ends.
process.stdin.resume().on('end', () => process.exit(0));

function body(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
