/** Finds a tag, reads newest values, and reads a series. Needs NATS_URL, CA_FILE, SEED_FILE and TOPIC. */
import { readFile } from 'node:fs/promises';
import { connect, nkeyAuthenticator } from 'nats';
import { createClient, isFailure } from 'iota-seeqdrv/client';

const { NATS_URL = '', CA_FILE = '', SEED_FILE = '', TOPIC = '' } = process.env;
const connection = await connect({
  servers: NATS_URL,
  tls: { caFile: CA_FILE },
  authenticator: nkeyAuthenticator(await readFile(SEED_FILE)),
});
// It joins the messages of an answer, and rejects if one is missing or no driver listens.
const client = createClient(connection, { topic: TOPIC, timeoutMs: 30_000 });

const found = await client.tagsearch({ query: 'Compressor Power', limit: 2 });
console.log(`tagsearch: ${found.status}`);
const tags = found.items.flatMap((tag) => (isFailure(tag) ? [] : [tag.fqn]));

// One name is wrong: the answer is partial, and the other items have their values.
const newest = await client.snapshot({ items: [...tags, 'seeq:plant-a/signal/nonsense'] });
console.log(`snapshot: ${newest.status}`);
for (const item of newest.items.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))) {
  if (isFailure(item)) console.log(`  ${item.index} ${item.error.code}: ${item.error.message}`);
  else console.log(`  ${item.index} ${item.value} ${item.unit ?? ''} ${item.status}`);
}

// A long series arrives in several messages; the client joins its chunks, too.
let messages = 0;
let samples = 0;
for await (const message of client.stream('discrete', {
  items: tags.slice(0, 1),
  start: '2026-01-01',
  end: '2026-01-08',
})) {
  messages++;
  for (const chunk of message.items) {
    if (isFailure(chunk)) console.log(`  ${chunk.index} ${chunk.error.code}: ${chunk.error.message}`);
    else samples += chunk.times.length;
  }
  if (message.last) console.log(`discrete: ${message.status}, ${messages} messages\n  0 ${samples} samples`);
}

// A request that is wrong as a whole.
const wrong = await client.discrete({ items: tags, start: '2026-01-08', end: '2026-01-01' });
console.log(`discrete: ${wrong.status}, ${wrong.error?.code}: ${wrong.error?.message}`);

await connection.close();
