/** `settings.bus`: the connection to NATS. */
import { z } from 'zod';
import { KiB, MiB, subject, whole } from '../config/fields.ts';
import { parseSeed } from '../config/keyfile.ts';
import { secret } from '../config/references.ts';
import { rule } from '../config/rules.ts';
import { tlsKeys } from '../config/tls.ts';

/** The user of the driver has an NKey, not a client certificate, and the certificate of the server is always checked. */
const { caFile, serverName } = tlsKeys('the NATS server');

export const busSchema = z
  .strictObject({
    seed: secret(parseSeed)
      .optional()
      .describe(
        'NKey seed of the driver, if it is not in `privatekey.nk` beside this file. The option `--key` and the variable `IOTA_SEEQDRV_KEY` have priority.',
      ),
    tls: z
      .strictObject({
        ...{ caFile, serverName },
        first: z.boolean().default(false).describe('Start with the TLS handshake, for servers with `handshake_first`.'),
      })
      .prefault({})
      .describe('TLS to the NATS server.'),
    insecure: z
      .boolean()
      .default(false)
      .describe('Permission to use plain TCP for `nats://` addresses. Without it every connection uses TLS.'),
    queue: subject()
      .default('iota-seeqdrv')
      .describe('Queue group of the request topic: processes with the same one share the requests.'),
    chunkBytes: whole(KiB, 64 * MiB)
      .default(512 * KiB)
      .describe('Largest message of an answer, in bytes. The `max_payload` of the server always applies too.'),
    inFlightBytes: whole(64 * KiB, 1024 * MiB)
      .default(8 * MiB)
      .describe('Bytes of answers that may be in flight to the server at once.'),
    pingIntervalMs: whole(100, 600_000)
      .default(15_000)
      .describe('How often the connection is probed, in milliseconds. Two missed answers close it.'),
  })
  .check(
    rule(['chunkBytes', 'inFlightBytes'], ({ chunkBytes, inFlightBytes }, report) => {
      if (chunkBytes <= inFlightBytes) return;
      const message = `must be at most ${report.at('inFlightBytes')}, which is ${inFlightBytes}`;
      report.problem(['chunkBytes'], message, String(chunkBytes));
    }),
  );
