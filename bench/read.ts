/** The read load: requests that the Seeq stub of this folder can serve, and what a driver needs to serve them. */
import type { NatsConnection } from 'nats';

/** Every call reads another tag: identical ones under way at once would be one call for the driver, and not for the floor. */
const fqnOf = (n: number) =>
  `seeq:bench/signal/0F1941DE-ED51-7360-A6C1-${n.toString(16).toUpperCase().padStart(12, '0')}`;

/** One value of one tag. */
export const snapshot = (n: number) => ({ function: 'snapshot', params: { items: [fqnOf(n)] } });

/** A history of 10,000 samples. */
export const discrete = (n: number) => ({
  function: 'discrete',
  params: { items: [fqnOf(n)], start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
});

/** The `settings` of a driver that reads from the stub at `url`; its file `secret` holds anything. */
export function readSettings(url: string): object {
  const secret = { file: 'secret' };
  return {
    servers: [{ name: 'bench', url, concurrency: 64, credentials: { accessKey: secret, password: secret } }],
    // Larger than the answer: the stub knows no second page.
    limits: { pageSamples: 20_000 },
  };
}

/** Asks once; throws unless the answer is `ok`. */
export async function okFrom(nc: NatsConnection, topic: string, request: object): Promise<void> {
  const message = await nc.request(topic, JSON.stringify(request), { timeout: 60_000 });
  // The caller's own parsing is the same for everyone and would hide a difference; the end of the text is enough.
  if (!message.string().includes('"status":"ok"')) throw new Error(`${topic}: ${message.string().slice(0, 500)}`);
}

/** Resolves when the driver answers; the server tells at once while nobody listens. */
export async function answers(nc: NatsConnection, topic: string): Promise<void> {
  for (;;) {
    try {
      await nc.request(topic, JSON.stringify({ function: 'functions' }), { timeout: 5000 });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '503') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
