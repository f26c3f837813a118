/** What feeds and their stream mean for the driver's health. */
import { describe, expect, it } from 'vitest';
import type { FeedHealth, FeedState, ServerHealth, StreamHealth } from '../../../src/contract/health.ts';
import { judge, type Parts } from '../../../src/telemetry/health.ts';

const since = '2026-01-01T00:00:00.000Z';
const feed = (state: FeedState, message?: string): FeedHealth => ({
  kind: 'mqtt',
  name: 'hall',
  state,
  since,
  lastMessage: null,
  ...(message === undefined ? {} : { message }),
});
const server = (state: ServerHealth['state']): ServerHealth => ({
  name: 'plant-a',
  state,
  since,
  checked: since,
  version: null,
});
const stream = (state: StreamHealth['state'], message?: string): StreamHealth => ({
  name: 'READINGS',
  state,
  since,
  ...(message === undefined ? {} : { message }),
});
const judged = (parts: Partial<Parts>) =>
  judge({ bus: { connected: true, subscribed: true, since }, servers: [], ...parts }, false);

describe('the health of a driver with feeds', () => {
  it.each<[string, Partial<Parts>, object]>([
    ['all is well', { feeds: [feed('up')], stream: stream('ok') }, { state: 'ok', reasons: [] }],
    ['a feed begins', { feeds: [feed('connecting')], stream: stream('unknown') }, { state: 'ok', reasons: [] }],
    [
      'one feed of two is silent',
      { feeds: [feed('up'), feed('silent', 'Nothing came.')] },
      { state: 'degraded', reasons: ['Nothing came.'] },
    ],
    [
      'the only feed is refused, and there is no server',
      { feeds: [feed('refused')] },
      { state: 'down', reasons: ['Feed mqtt "hall" is refused.'] },
    ],
    [
      'the only feed is down, but a server can be asked',
      { feeds: [feed('down', 'Nobody listens.')], servers: [server('up')] },
      { state: 'degraded', reasons: ['Nobody listens.'] },
    ],
    [
      'the only server is down, but a feed takes in',
      { feeds: [feed('up')], servers: [server('down')] },
      { state: 'degraded', reasons: ['Server "plant-a" is down.'] },
    ],
    [
      'the stream is degraded',
      { feeds: [feed('up')], stream: stream('degraded', 'Its window is short.') },
      { state: 'degraded', reasons: ['Its window is short.'] },
    ],
    [
      'the stream is missing, so the feed waits',
      { feeds: [feed('waiting', 'The bus is away.')], stream: stream('unavailable', 'It is missing.') },
      { state: 'down', reasons: ['It is missing.', 'The bus is away.'] },
    ],
    ['nothing is configured but the bus', {}, { state: 'ok', reasons: [] }],
  ])('when %s', (_when, parts, judgement) => {
    expect(judged(parts)).toEqual(judgement);
  });

  it('without a bus is down, whatever the feeds are', () => {
    const { state, reasons } = judged({
      bus: { connected: false, subscribed: true, since, message: 'Why.' },
      feeds: [feed('up')],
    });
    expect([state, reasons]).toEqual(['down', ['There is no connection to the bus. Why.']]);
  });
});
