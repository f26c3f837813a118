/** Everything that can go wrong between driver and server: each its own text and code, tried again where another try may help. */
import { describe, expect, it } from 'vitest';
import type { DriverError } from '../../../../../src/contract/errors.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import type { FaultKind } from '../../../../../simulators/seeq/behaviour.ts';
import { skippingClock } from '../../../../support/skipping-clock.ts';
import { answering, closedAddress, MEDIA_TYPE, raw, speaking } from '../misbehaving-server.ts';
import { endingCall, freeCall, idOf, openSource, plant, range, collect, rejection, signalFqn } from '../support.ts';

const read = (source: SeeqSource, call = freeCall()) => source.properties(idOf('Example'), call);
const OPERATION = 'get_item_and_all_properties';

/** The error of a call that meets a fault each time, and whether the server was asked more than once. */
async function faulty(fault: FaultKind): Promise<{ error: DriverError; calls: 'once' | 'again' }> {
  const { seeq, source } = await plant({}, { clock: skippingClock() });
  // Logged in, so that the time is for the call alone.
  await read(source);
  await seeq.control.clearRequests();
  await seeq.control.fail({ ...fault, operation: OPERATION });
  const error = await rejection(read(source));
  const calls = (await seeq.control.requests()).filter(({ operation }) => operation === OPERATION).length;
  return { error, calls: calls === 1 ? 'once' : 'again' };
}

describe('a status of the server', () => {
  it.each([
    [400, 'sourceError', false, 'refused the call (400)', 'once'],
    [401, 'unauthorized', false, "did not accept the driver's log-in", 'again'],
    [403, 'forbidden', false, "gives the driver's user no access", 'once'],
    [404, 'notFound', false, 'does not know this item', 'once'],
    [406, 'sourceError', false, "does not take Seeq's media type (406)", 'once'],
    [409, 'sourceError', true, 'refused the call (409)', 'again'],
    [415, 'sourceError', false, "does not take Seeq's media type (415)", 'once'],
    [429, 'overloaded', true, 'has too much to do', 'again'],
    [500, 'sourceError', false, 'refused the call (500)', 'once'],
    [502, 'sourceUnavailable', true, 'is not available (502)', 'again'],
    [503, 'sourceUnavailable', true, 'is not available (503)', 'again'],
    [504, 'sourceUnavailable', true, 'is not available (504)', 'again'],
  ])('%i is %s', async (status, code, retryable, text, calls) => {
    const met = await faulty({ kind: 'status', status });
    expect(met.error).toMatchObject({ code, retryable, details: { status } });
    expect(met.error.message).toContain(`Server "plant" ${text}`);
    expect(met.error.message).toContain(`The simulator is configured to answer ${status}`);
    expect(met.calls).toBe(calls);
  });

  it('without a body has a text all the same', async () => {
    const { error } = await faulty({ kind: 'status', status: 500, body: false });
    expect(error.message).toBe('Server "plant" refused the call (500).');
  });

  it('that passes is not seen by the caller', async () => {
    for (const status of [409, 429, 502, 503, 504]) {
      const { seeq, source } = await plant({}, { clock: skippingClock() });
      await seeq.control.fail({ kind: 'status', status, operation: OPERATION, times: 2 });
      expect(await read(source)).toMatchObject({ name: 'Example' });
    }
  });

  it.each([
    ['3600', 3_600_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), undefined],
  ])('with a long Retry-After (%s) hands the hint on instead of waiting', async (retryAfter, ms) => {
    const { error, calls } = await faulty({ kind: 'status', status: 503, retryAfter });
    expect(calls).toBe('once');
    const hint = error.details?.retryAfterMs as number;
    if (ms === undefined) expect(hint).toBeGreaterThan(3_000_000);
    else expect(hint).toBe(ms);
  });

  it.each([['0'], ['soon'], ['-1'], ['1.5'], ['Thu, 01 Jan 1970 00:00:00 GMT']])(
    'with Retry-After %s is tried again',
    async (retryAfter) => {
      expect((await faulty({ kind: 'status', status: 503, retryAfter })).calls).toBe('again');
    },
  );

  it('that redirects is reported; the redirect is not followed', async () => {
    const asked: string[] = [];
    const elsewhere = await raw((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    const source = openSource(await answering(() => ({ status: 302, headers: { location: `${elsewhere}/api` } })));
    const error = await rejection(read(source));
    expect(error).toMatchObject({
      code: 'sourceError',
      message: 'Server "plant" redirects elsewhere (302); correct its "url".',
    });
    expect(asked).toEqual([]);
  });

  it("passes on the server's single reasons, and no page of text", async () => {
    const body = {
      statusMessage: 'Bad formula',
      _embedded: { errors: [{ message: 'line 1' }, null, {}, { message: 'line 2' }] },
    };
    const source = openSource(await answering(() => ({ status: 400, body })));
    expect((await rejection(read(source))).message).toBe(
      'Server "plant" refused the call (400): Bad formula; line 1; line 2.',
    );
    expect((await faulty({ kind: 'huge', bytes: 1_000_000 })).error.message.length).toBeLessThan(2_100);
    expect((await faulty({ kind: 'html', status: 500 })).error.message).toBe('Server "plant" refused the call (500).');
  });
});

describe('an answer', () => {
  it.each<[string, FaultKind, string, boolean, string, 'once' | 'again']>([
    ['that breaks off', { kind: 'half' }, 'sourceUnavailable', true, 'it closed the connection in the middle', 'again'],
    [
      'that is a reset',
      { kind: 'reset' },
      'sourceUnavailable',
      true,
      'it closed the connection in the middle',
      'again',
    ],
    [
      'that is a page',
      { kind: 'html', status: 200 },
      'sourceError',
      false,
      'is there a proxy or a log-in page in between?',
      'once',
    ],
    [
      'of another media type',
      { kind: 'mediaType', mediaType: 'text/plain' },
      'sourceError',
      false,
      '"text/plain" instead of JSON',
      'once',
    ],
    ['that ends early', { kind: 'truncated' }, 'sourceError', false, 'broken JSON', 'again'],
    ['that is no JSON', { kind: 'invalidJson' }, 'sourceError', false, 'broken JSON', 'again'],
  ])('%s is reported', async (_what, fault, code, retryable, text, calls) => {
    const met = await faulty(fault);
    expect(met.error).toMatchObject({ code, retryable });
    expect(met.error.message).toMatch(/^Server "plant"/);
    expect(met.error.message).toContain(text);
    expect(met.calls).toBe(calls);
  });

  it('that broke off is asked for again, and comes whole', async () => {
    for (const kind of ['half', 'reset', 'truncated'] as const) {
      const { seeq, source } = await plant({}, { clock: skippingClock() });
      await seeq.control.fail({ kind, operation: OPERATION, times: 3 });
      expect(await read(source)).toMatchObject({ name: 'Example' });
    }
  });

  it('in small pieces is read whole', async () => {
    const { seeq, source } = await plant();
    await seeq.control.fail({ kind: 'slow', bytes: 50, pauseMs: 1, operation: OPERATION });
    expect(await read(source)).toMatchObject({ name: 'Example' });
  });

  it('of JSON under a more general media type is taken', async () => {
    const { seeq, source } = await plant();
    await seeq.control.fail({ kind: 'mediaType', mediaType: 'application/json; charset=utf-8', operation: OPERATION });
    expect(await read(source)).toMatchObject({ name: 'Example' });
  });

  it.each([
    ['nothing', { headers: { 'content-length': '0' }, body: '' }, 'answered without a body'],
    ['null', { body: 'null' }, 'is this a Seeq server?'],
    ['a list', { body: [] }, 'is this a Seeq server?'],
    ['without its lists', { body: { id: 'x' } }, 'is this a Seeq server?'],
    ['without media type', { headers: { 'content-type': '' } }, 'no media type'],
  ])('of %s is reported', async (_what, answer, text) => {
    const error = await rejection(read(openSource(await answering(() => answer), { clock: skippingClock() })));
    expect(error).toMatchObject({ code: 'sourceError', retryable: false });
    expect(error.message).toContain(text);
  });
});

describe('a server that hangs', () => {
  it.each(['hang', 'slow'] as const)('is left when the budget ends, its socket closed (%s)', async (kind) => {
    const { seeq, source } = await plant();
    const signal = signalFqn('Special Cases >> Signals >> Fast');
    await read(source);
    await seeq.control.fail(
      kind === 'hang' ? { kind, operation: 'get_samples' } : { kind, bytes: 1, pauseMs: 50, operation: 'get_samples' },
    );
    const budget = endingCall();
    const reading = rejection(
      collect(source.samples(signal, range('2026-03-14T00:00:00Z', '2026-03-14T00:10:00Z'), 'inside', budget.call)),
    );
    const samples = async () => (await seeq.control.requests()).find(({ operation }) => operation === 'get_samples');
    await expect.poll(samples).toMatchObject({ ended: false });
    budget.end();
    expect(await reading).toMatchObject({ code: 'timeout', message: 'The budget is used up.' });
    await expect.poll(samples).toMatchObject({ ended: true, complete: false });
  });

  it('longer than one call may take is reported', async () => {
    const { seeq, source } = await plant({}, { requestTimeoutMs: 50 });
    await seeq.control.fail({ kind: 'hang', operation: OPERATION });
    expect(await rejection(read(source))).toMatchObject({
      code: 'timeout',
      retryable: true,
      message: 'Server "plant" stopped answering within the time of one call.',
    });
  });

  it('does not hold up the wait between two tries', async () => {
    const { seeq, source } = await plant();
    await seeq.control.fail({ kind: 'status', status: 503, retryAfter: '5', operation: OPERATION });
    const budget = endingCall();
    const reading = rejection(read(source, budget.call));
    await expect.poll(async () => (await seeq.control.requests()).some(({ status }) => status === 503)).toBe(true);
    budget.end();
    expect(await reading).toMatchObject({ code: 'timeout' });
  });
});

describe('a server that is not there', () => {
  it('refuses connections: reported at once, and not tried for every call', async () => {
    const source = openSource(await closedAddress());
    const error = await rejection(read(source));
    expect(error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
    expect(error.message).toContain('cannot be reached: nothing listens at its address; is the server running');
    expect(await rejection(read(source))).toBe(error);
  });

  it('has a name that cannot be resolved', async () => {
    const error = await rejection(read(openSource('http://seeq.invalid')));
    expect(error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
    expect(error.message).toMatch(/host name cannot be resolved/);
  });

  it('comes back and is used again', async () => {
    const { seeq, source } = await plant();
    await read(source);
    const port = Number(new URL(seeq.url).port);
    await seeq.stop();
    expect(await rejection(read(source))).toMatchObject({ code: 'sourceUnavailable' });
    await plant({ port });
    await expect
      .poll(() => read(source).catch((error: unknown) => (error as DriverError).code))
      .toMatchObject({ name: 'Example' });
  });

  it('speaks something else', async () => {
    const error = await rejection(read(openSource(await speaking((socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')))));
    expect(error).toMatchObject({ code: 'sourceUnavailable' });
    expect(error.message).toContain('it does not speak HTTP');
  });

  it('is cut off where it sends more than fits into memory', async () => {
    const url = await raw((request, response) => {
      if (request.url?.endsWith('/auth/login') === true) {
        response.writeHead(200, { 'content-type': MEDIA_TYPE, 'x-sq-auth': 'session-8f2c41d07b' }).end('{}');
        return;
      }
      response.writeHead(200, { 'content-type': MEDIA_TYPE });
      const piece = Buffer.alloc(4 * 1024 * 1024, 32);
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    const error = await rejection(read(openSource(url)));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('larger than the driver accepts');
  });
});
