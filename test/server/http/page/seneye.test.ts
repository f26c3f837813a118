/** The view of seneye devices: everything that seneye's own example page shows, and what that lacks. */
import { describe, expect, it } from 'vitest';
import { readPost } from '../../../../src/ingest/feeds/seneye/post.ts';
import { readingsOf } from '../../../../src/ingest/feeds/seneye/readings.ts';
import { healthOf, pageForTest, plain, State } from './support.ts';

const REEF = {
  ...{ id: 'AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00', name: 'Reef tank', type: 3, TS: Date.UTC(2026, 10, 28, 10, 30) / 1000 },
  data: { S: { W: 1, T: 0, P: 1, N: 0, S: 1, K: 0 }, T: 25.125, P: 8.1, N: 0.002, K: 14500, L: 5000, A: 120 },
};

/** Records a post as the receiver decodes it. */
function post(state: State, sud: object, connection = 'home'): void {
  const payload = Buffer.from(JSON.stringify({ version: '1.0.0', SUD: sud }));
  const received = BigInt(Date.UTC(2026, 10, 28, 12)) * 1_000_000n;
  const times = { aheadMs: 300_000, oldMs: 3660 * 86_400_000 };
  const { measurements } = readingsOf(readPost(payload), payload, received, { times, outOfWater: 'questionable' });
  for (const measurement of measurements) state.readings.record({ scheme: 'seneye', connection }, measurement);
}

async function shown(state: State): Promise<string> {
  const { get } = await pageForTest(state);
  return plain((await get('/seneye')).text);
}

describe('a post', () => {
  it('is shown with full date, name, type, units, limits, water and slide', async () => {
    const state = new State();
    post(state, REEF);
    const text = await shown(state);
    const row = [
      ...['2026-11-28 10:30:00 UTC', 'Reef tank', 'Reef', '✓ in water', '25.125 °C ✓ in limits'],
      '8.1 pH ! Questionable The slide has expired or is not fitted. ✕ outside of its limits',
      '0.002 ppm ! Questionable The slide has expired or is not fitted. ✓ in limits',
      ...['120 µmol/m²/s', '5000 lx', '14500 K', '✕ slide expired or not fitted'],
    ];
    expect(text).toContain(row.join(' | '));
    expect(text).toContain('Reef tank Reef, home');
    expect(text).toContain('Id AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00');
  });

  it('with no color temperature says why, never 0 K', async () => {
    const state = new State();
    post(state, { ...REEF, data: { ...REEF.data, S: { W: 1, K: 1 }, K: 0 } });
    const text = await shown(state);
    expect(text).toContain('5000 lx | not on the Kelvin line | ');
    expect(text).not.toMatch(/\b0 K\b/);
  });

  it('has no value and no mark for what the device did not send', async () => {
    const state = new State();
    post(state, { id: 'A1', name: 'Office', type: 1, TS: REEF.TS, data: { S: { W: 0 }, T: 21 } });
    const text = await shown(state);
    expect(text).toContain(
      'Office | Home | ! out of water | 21 °C ! Questionable The device is out of water. | not sent | not sent | not sent | not sent | not sent | · slide: not sent',
    );
  });
});

it('posts are listed with the newest first, of all devices together, each device with its newest post', async () => {
  const state = new State();
  for (const [minute, id] of [
    [30, 'A1'],
    [10, 'B2'],
    [20, 'A1'],
    [40, 'B2'],
  ] as const) {
    post(state, { ...REEF, id, name: id, TS: Date.UTC(2026, 10, 28, 10, minute) / 1000 });
  }
  const text = await shown(state);
  const posts = text.slice(text.indexOf('The newest 4 posts since the start'));
  expect([...posts.matchAll(/2026-11-28 10:(\d\d):00 UTC \| (\w+)/g)].map(([, minute, id]) => [minute, id])).toEqual([
    ['40', 'B2'],
    ['30', 'A1'],
    ['20', 'A1'],
    ['10', 'B2'],
  ]);
  const latest = text.slice(text.indexOf('Latest by device'), text.indexOf('Posts The newest'));
  expect([...latest.matchAll(/Measured 2026-11-28 10:(\d\d)/g)].map(([, minute]) => minute)).toEqual(['40', '30']);
});

it('silent devices and refused posts are shown, with the reason and the remedy', async () => {
  const state = new State();
  const since = '2026-11-28T09:00:00.000Z';
  state.health = healthOf({
    feeds: [
      {
        ...{
          kind: 'seneye',
          name: 'lde',
          state: 'silent',
          since,
          lastMessage: since,
          message: 'Device "A" is silent.',
        },
        silent: [
          { name: 'Device "A" of "home"', since },
          { name: 'Device "B" of "home"', since: null },
        ],
      },
    ],
  });
  state.refusals = [
    {
      ...{ reason: 'signature', count: 3, last: since, sender: 'SWS_1', address: '192.0.2.9' },
      message: '401: The signature is wrong. Is the secret right?',
    },
  ];
  const text = await shown(state);
  expect(text).toContain('The receiver is ! silent since 2026-11-28 09:00:00 UTC');
  expect(text).toContain('Device "A" of "home": last post 2026-11-28 09:00:00 UTC');
  expect(text).toContain('Device "B" of "home": no post since the start of the driver');
  expect(text).toContain(
    '2026-11-28 09:00:00 UTC | 3 | 401: The signature is wrong. Is the secret right? | SWS_1 | 192.0.2.9 |',
  );
});
