/** `settings.limits`: limits of one request, and of concurrent work of the process. */
import { z } from 'zod';
import { HOUR_MS, KiB, MiB, whole } from '../config/fields.ts';
import { rule } from '../config/rules.ts';

export const limitsSchema = z
  .strictObject({
    itemsPerRequest: whole(1, 1_000_000).default(5000).describe('Most items (FQNs) in one request.'),
    samplesPerItem: whole(1, 100_000_000).default(1_000_000).describe('Most samples of one item in one answer.'),
    plottedRawSamples: whole(1, 100_000_000)
      .default(500_000)
      .describe(
        'Most recorded samples of one item that `plotted` reads; of a longer series of numbers the server computes the lowest and highest values. Text is always read.',
      ),
    rangeDays: whole(1, 200_000).default(3660).describe('Longest time range of one request, in days.'),
    // At least the contract's own default of `limit`.
    searchLimit: whole(100, 1_000_000).default(10_000).describe('Highest allowed `limit` of a search.'),
    pageSamples: whole(10, 1_000_000)
      .default(10_000)
      .describe(
        'Samples that the driver requests from a source in one call. Larger pages block the process for longer.',
      ),
    requestBytes: whole(KiB, 64 * MiB)
      .default(MiB)
      .describe('Largest request body, in bytes.'),
    defaultTimeoutMs: whole(10, 24 * HOUR_MS)
      .default(30_000)
      .describe('Time budget of a request without `timeoutMs`, in milliseconds.'),
    maxTimeoutMs: whole(10, 24 * HOUR_MS)
      .default(300_000)
      .describe('Highest allowed `timeoutMs` of a request, in milliseconds.'),
    concurrentRequests: whole(1, 100_000)
      .default(256)
      .describe(
        'Requests that one driver process handles at once for each server. Three times as many may wait; further ones are answered `overloaded`. One caller gets at most three quarters of either.',
      ),
    maxLeaseMs: whole(1000, 24 * HOUR_MS)
      .default(600_000)
      .describe('Highest allowed `leaseMs` of `eventpipepoll`, in milliseconds.'),
    maxLeases: whole(1, 100_000)
      .default(1000)
      .describe(
        'Leases that one driver process holds at once; further ones are answered `overloaded`. One caller gets at most three quarters.',
      ),
    maxLeasedItems: whole(1, 10_000_000)
      .default(50_000)
      .describe(
        'Items of all leases of one driver process together; leases beyond it are answered `overloaded`. One caller gets at most three quarters, except that its first lease may use all that is free.',
      ),
    drainTimeoutMs: whole(0, 600_000)
      .default(20_000)
      .describe('Time to complete the requests in flight when the driver is stopped, in milliseconds.'),
  })
  .check(
    rule(['defaultTimeoutMs', 'maxTimeoutMs'], ({ defaultTimeoutMs, maxTimeoutMs }, report) => {
      if (defaultTimeoutMs <= maxTimeoutMs) return;
      const message = `must be at most ${report.at('maxTimeoutMs')}, which is ${maxTimeoutMs}`;
      report.problem(['defaultTimeoutMs'], message, String(defaultTimeoutMs));
    }),
    rule(['pageSamples', 'samplesPerItem'], ({ pageSamples, samplesPerItem }, report) => {
      if (pageSamples <= samplesPerItem) return;
      const message = `must be at most ${report.at('samplesPerItem')}, which is ${samplesPerItem}`;
      report.problem(['pageSamples'], message, String(pageSamples));
    }),
  );

export type Limits = z.output<typeof limitsSchema>;
