import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { connectPlain } from '../support/mosquitto/index.ts';
import { PUMPS, SCHOOL } from './plant.ts';
import { startIotOpen, type IotOpenSimulator } from './simulator.ts';

const T0 = 1_735_732_800;
let simulator: IotOpenSimulator;
beforeAll(async () => {
  simulator = await startIotOpen();
  for (const [index, topic] of ['obj/a', 'obj/b'].entries()) {
    simulator.inventory.keep(SCHOOL, { topic, value: index, timestamp: T0 + index, msg: '' });
  }
});
afterAll(() => simulator.stop());

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
const KEY = { 'x-api-key': 'key-of-the-driver' };

async function get(path: string, headers: Record<string, string> = KEY) {
  const answer = await fetch(`${simulator.url}/api/${path}`, { headers });
  return { status: answer.status, body: await answer.json() };
}

describe('who is let in', () => {
  it.each([
    ['a key in its header', KEY, 200],
    ['any user with a key as password', { authorization: basic('grafana', 'key-of-the-driver') }, 200],
    ['both at once', { ...KEY, authorization: basic('somebody', 'something') }, 200],
    ['user and password', { authorization: basic('åsa@example.com', 'pass:wörd') }, 200],
    [
      'an account with a second factor, by its password alone',
      { authorization: basic('bo@example.com', 'bo-password') },
      401,
    ],
    ['a key as bearer', { authorization: 'Bearer key-of-the-driver' }, 401],
    ['a wrong key', { 'x-api-key': 'wrong' }, 401],
    ['nobody', {}, 401],
  ])('%s', async (_who, headers, status) => {
    const { status: got, body } = await get('v2/ping', headers);
    expect(got).toBe(status);
    if (got === 401) expect(body).toEqual({ message: 'Unauthorized' });
  });

  it.each([
    ['any user with a key', 'whoever', 'key-of-the-driver', true],
    ['user and password', 'åsa@example.com', 'pass:wörd', true],
    ['a second factor', 'bo@example.com', 'bo-password', false],
    ['a key as access token', 'bearer', 'key-of-the-driver', false],
    ['the name of an account with the password of the inside', 'platform', 'inside', false],
  ])('at the broker: %s', async (_who, username, password, welcome) => {
    for (const url of [simulator.mqttUrl, simulator.webSocketUrl]) {
      const attempt = connectPlain(url, { username, password }).then(async (client) => {
        await client.end();
        return true;
      });
      if (welcome) await attempt;
      else await expect(attempt).rejects.toThrow(/Not authorized/i);
    }
  });
});

describe('the same rights on both sides', () => {
  it('an account sees its installations only', async () => {
    const headers = { authorization: basic('åsa@example.com', 'pass:wörd') };
    expect((await get('v2/installationinfo', headers)).body).toMatchObject([{ client_id: SCHOOL }]);
    expect((await get(`v2/status/${PUMPS + 5000}`, headers)).status).toBe(403);
    const client = await connectPlain(simulator.mqttUrl, { username: 'åsa@example.com', password: 'pass:wörd' });
    await client.subscribe('#').catch(() => undefined);
    await client.subscribe(`${SCHOOL}/obj/#`);
    await simulator.publish(PUMPS, 'obj/secret', { value: 1, timestamp: T0 + 5000 });
    await simulator.publish(SCHOOL, 'obj/rights', { value: 2, timestamp: T0 + 5000 });
    await expect.poll(() => client.heard.map(({ topic }) => topic)).toContain(`${SCHOOL}/obj/rights`);
    expect(client.heard.map(({ topic }) => topic)).not.toContain(`${PUMPS}/obj/secret`);
    await client.end();
  });
});

describe('what clients send', () => {
  const log = `v3beta/log/${SCHOOL + 5000}?from=${T0}&to=${T0 + 10}`;
  it.each([
    ['topics repeated', '&topics=obj/a&topics=obj/b', ['34/obj/a', '34/obj/b']],
    ['topics with commas between', '&topics=obj/a,obj/b', ['34/obj/a', '34/obj/b']],
    ['topics with the client id', '&topics=34/obj/b', ['34/obj/b']],
    ['no topics', '', ['34/obj/a', '34/obj/b']],
    ['an empty method and an interval of 0s', '&aggr_method=&aggr_interval=0s', ['34/obj/a', '34/obj/b']],
    ['no total', '&include_total=false', ['34/obj/a', '34/obj/b']],
  ])('%s', async (_what, more, topics) => {
    const { status, body } = await get(`${log}&order=asc${more}`);
    expect(status).toBe(200);
    expect((body as { data: { topic: string }[] }).data.map(({ topic }) => topic)).toEqual(topics);
  });

  it('descends by default', async () => {
    const { body } = await get(log);
    expect(body).toMatchObject({ total: 2, count: 2, last: T0, data: [{ timestamp: T0 + 1 }, { timestamp: T0 }] });
  });

  it.each(['from=yesterday', 'limit=1.5', 'limit=0', 'order=up', 'aggr_method=mode', 'colour=red', 'from=1&from=2'])(
    'refuses %s',
    async (query) => {
      expect((await get(`v3beta/log/${SCHOOL + 5000}?${query}`)).status).toBe(400);
    },
  );

  it('takes a body of topics as text/plain, and filters by type and metadata', async () => {
    const answer = await fetch(`${simulator.url}/api/v2/status/${SCHOOL + 5000}`, {
      ...{ method: 'POST', headers: { ...KEY, 'content-type': 'text/plain;charset=UTF-8' } },
      body: JSON.stringify(['obj/b']),
    });
    expect(await answer.json()).toMatchObject([{ topic: 'obj/b', client_id: SCHOOL, installation_id: SCHOOL + 5000 }]);
    expect((await get(`v2/functionx/${SCHOOL + 5000}?type=co2`)).body).toMatchObject([{ type: 'co2' }]);
    expect((await get(`v2/functionx/${SCHOOL + 5000}?unit=${encodeURIComponent('%')}`)).body).toHaveLength(1);
  });
});
