/** The commands for people against a real bus, a driver and a Seeq simulator, with nothing but a saved context. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { AWKWARD_NAMES } from '../../../simulators/seeq/plant/special-signals.ts';
import { UNICODE_NAMES } from '../../../simulators/seeq/plant/special-values.ts';
import { type Cluster, REQUEST_TOPIC } from '../../support/cluster.ts';
import { startDriver } from '../../support/driver-process.ts';
import { eventually } from '../../support/eventually.ts';
import { type Person, startPerson } from './support.ts';

const PATH = 'Example/Cooling Tower 1/Area A/Temperature';
const fqnIn = (plant: string): string =>
  `seeq:${plant}/signal/${plantItemId(plant, 'Example >> Cooling Tower 1 >> Area A >> Temperature')}`;

let person: Person;
let cluster: Cluster;
let folder: string;
const command = (...args: string[]) => person.command(...args);

beforeAll(async () => {
  // Smaller than the pages that the commands ask for.
  const settings = { limits: { pageSamples: 500, samplesPerItem: 7000 } };
  person = await startPerson({ plants: { 'plant-a': {}, 'plant-b': {} }, settings });
  ({ cluster, folder } = person);
});
afterAll(() => person.stop());

describe('context', () => {
  const file = () => join(folder, 'iota-seeqdrv', 'contexts.json');

  it('is saved for its owner only, and holds no secret', async () => {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const text = await readFile(file(), 'utf8');
    expect(text).not.toContain((await readFile(join(folder, 'person.nk'), 'utf8')).trim());
    expect(JSON.parse(text)).toMatchObject({
      current: 'site-a',
      contexts: { 'site-a': { nkey: join(folder, 'person.nk'), topic: REQUEST_TOPIC, timeZone: 'Europe/Berlin' } },
    });
  });

  it('is made from a configuration, listed, shown, chosen and removed', async () => {
    const { configFile } = cluster.driver;
    const nkey = join(folder, 'person.nk');
    expect((await command('context', 'save', 'other', '-c', configFile)).err).toMatch(/--nkey: is missing/);
    expect(await command('context', 'save', 'other', '-c', configFile, '--nkey', nkey)).toMatchObject({ code: 0 });
    expect((await command('context', 'list')).out).toMatch(/^\* +site-a .*\n +other +tls:.*person.nk$/m);
    const { out } = await command('context', 'show', 'other');
    expect(JSON.parse(out)).toMatchObject({ name: 'other', topic: REQUEST_TOPIC, ca: expect.any(String) as string });
    expect(await command('context', 'use', 'othr')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "other"?') as string,
    });
    // The NATS server does not let this user subscribe below the default inbox.
    const refused = await command('values', PATH, '--context', 'other');
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/--inbox/)]);
    expect((await command('context', 'remove', 'other')).code).toBe(0);
    expect((await command('values', PATH, '--context', 'other')).code).toBe(2);
  });

  it('is refused with the reason if it could not work', async () => {
    const wrong = await command('context', 'save', 'x', '--nats', 'x', '--nkey', '/nowhere', '--topic', 't');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('/nowhere does not exist')]);
    expect((await command('context', 'save', '-x')).code).toBe(2);
  });
});

describe('values', () => {
  it('prints a table, with names and local times', async () => {
    const { code, out, err } = await command('values', PATH, '--host', 'plant-a');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^TAG +VALUE +UNIT +TIME +STATUS$/),
      expect.stringMatching(
        new RegExp(`^${PATH} +[\\d.]+ +°F +\\d{4}-\\d\\d-\\d\\d [\\d:.]+\\+0[12]:00 +(?:Good|Questionable)$`),
      ),
    ]);
  });

  it('takes paths, names, FQNs and both separators', async () => {
    const texts = [
      fqnIn('plant-a'),
      'Area A/Temperature',
      'example >> cooling tower 1 >> area a >> temperature',
      `/${PATH}`,
    ];
    const { code, out } = await command('values', ...texts, '--host', 'plant-a', '--ndjson');
    const rows = out.split('\n').map((line) => JSON.parse(line) as { fqn: string });
    expect([code, rows.map(({ fqn }) => fqn)]).toEqual([0, texts.map(() => fqnIn('plant-a'))]);
  });

  it('lists the FQNs of an ambiguous name', async () => {
    const { code, out, err } = await command('values', PATH);
    expect([code, out]).toEqual([5, '']);
    for (const text of ['ambiguous', fqnIn('plant-a'), fqnIn('plant-b')]) expect(err).toContain(text);
  });

  it('proposes near names', async () => {
    const { code, err } = await command('values', 'Cooling Tower 1/Area A/Temprature', '--host', 'plant-a');
    expect([code, err]).toEqual([5, expect.stringContaining(`  ${PATH}  ${fqnIn('plant-a')}`)]);
  });

  it('shows the error of a tag beside the values of others', async () => {
    const none = 'seeq:plant-a/signal/00000000-0000-0000-0000-000000000000';
    const { code, out } = await command('values', none, fqnIn('plant-a'), '--csv');
    expect(code).toBe(3);
    expect(out.split('\n')).toEqual([
      'tag,fqn,time,value,unit,status,state,error,message\r',
      expect.stringMatching(new RegExp(`^${none},${none},,,,,,notFound,`)),
      expect.stringMatching(/^seeq:plant-a.*,[\d.]+,°F,(?:Good|Questionable),,,\r$/),
    ]);
  });
});

describe('search', () => {
  it('prints what was found, up to the limit', async () => {
    const { code, out, err } = await command('search', 'Temp*', '--host', 'plant-a', '--limit', '2');
    expect([code, err]).toEqual([0, expect.stringContaining('more than 2')]);
    expect(out.split('\n')).toHaveLength(3);
  });

  it('finds assets and conditions, and only below an asset', async () => {
    const below = await command(
      'search',
      '--asset',
      'Cooling Tower 1',
      '--host',
      'plant-a',
      '--json',
      '--limit',
      '500',
    );
    const tags = JSON.parse(below.out) as { path: string[] }[];
    expect(tags.length).toBeGreaterThan(5);
    for (const { path } of tags) expect(path).toContain('Cooling Tower 1');
    const assets = await command('search', 'Area ?', '--assets', '--csv', '--host', 'plant-a');
    expect(assets.out).toMatch(/seeq:plant-a\/asset\/.*,plant-a,Example\/Cooling Tower 1\/Area A,Area A,/);
    expect((await command('search', '--conditions', '--host', 'plant-a', '--ndjson')).out).toMatch(
      /plant-a\/condition\//,
    );
  });
});

describe('history', () => {
  const range = ['--start', '2026-06-01T00:00Z', '--end', '2026-06-02T00:00Z'];
  const tag = fqnIn('plant-a');

  it('prints every recorded sample once, in order', async () => {
    const { code, out } = await command('history', tag, ...range, '--ndjson');
    expect(code).toBe(0);
    const rows = out.split('\n').map((line) => JSON.parse(line) as { time: string; value: number });
    const answer = await cluster.client.discrete({
      items: [tag],
      start: '2026-06-01T00:00Z',
      end: '2026-06-02T00:00Z',
    });
    const [series] = answer.items;
    if (series === undefined || 'error' in series) throw new Error('no series');
    expect(rows.map(({ time, value }) => [time, value])).toEqual(
      series.times.map((time, at) => [time, series.values[at]]),
    );
    expect(rows.length).toBeGreaterThan(100);
    // More than the driver sends in one answer.
    const long = await command('history', tag, '--start', '2026-05-01T00:00Z', '--end', '2026-05-12T00:00Z', '--csv');
    const times = long.out
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[2] ?? '');
    expect([long.code, long.err, times.length > 7000]).toEqual([0, '', true]);
    expect(times).toEqual([...new Set(times)].sort());
  });

  it('has statistics of days in the time zone, as CSV', async () => {
    const { code, out } = await command(
      ...['history', tag, '--start', '2026-03-28', '--end', '2026-03-31', '--aggregate', 'average', 'count'],
      ...['--interval', '1d', '--csv'],
    );
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.trimEnd().split(','));
    expect(lines[0]).toEqual(['tag', 'fqn', 'method', 'inState', 'time', 'value', 'unit', 'status', 'state']);
    const times = (method: string) => lines.filter((line) => line[2] === method).map((line) => line[4]);
    // Europe/Berlin of the context: 29 March has 23 hours.
    const days = ['2026-03-27T23:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'];
    expect([times('average'), times('count')]).toEqual([days, days]);
  });

  it('shows local times, and stops at the limit', async () => {
    const { code, out } = await command('history', tag, ...range, '--limit', '2', '--time-zone', 'Asia/Kolkata');
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toMatch(/^2026-06-01 05:3\d:\d\d\+05:30 +[\d.]+ +°F +Good$/m);
  });

  it.each([
    [['--interpolated'], /needs either --interval/],
    [['--interval', '1h'], /belong to --interpolated or --aggregate/],
    [['--aggregate', 'average', '--interval', '1M'], /Did you mean "1min" \(minutes\) or "1mo"/],
    [['--start', 'now', '--end', '-1h'], /--start: .* is after the end/],
    [['--start', 'gestern'], /"--start" must be a time/],
    [['--time-zone', 'Berlin'], /is not an IANA time zone/],
  ])('refuses %j', async (args, reason) => {
    const { code, out, err } = await command('history', tag, ...args);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(reason)]);
  });

  it('reports the tag that cannot be read, and prints the others', async () => {
    const none = 'seeq:plant-a/signal/00000000-0000-0000-0000-000000000000';
    const { code, out, err } = await command('history', none, tag, ...range, '--limit', '1', '--csv');
    expect([code, err]).toEqual([3, expect.stringContaining(`${none}: notFound: `)]);
    expect(out.split('\n')).toHaveLength(2);
    expect((await command('history', none, ...range)).code).toBe(1);
  });
});

describe('tree', () => {
  it('shows assets below each other', async () => {
    const { code, out } = await command('tree', '--host', 'plant-a', '--depth', '2');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe('plant-a');
    expect(out).toMatch(/^├── Example\n│ {3}├── Cooling Tower 1 …\n│ {3}└── Cooling Tower 2 …$/m);
  });

  it('shows attributes, and rows for programs', async () => {
    const asset = 'Example/Cooling Tower 1/Area A';
    const { out } = await command('tree', asset, '--host', 'plant-a', '--depth', '1', '--attributes');
    expect(out.split('\n')[0]).toBe(asset);
    const rows = await command('tree', 'Example', '--host', 'plant-a', '--depth', '3', '--csv');
    expect(rows.out).toContain(',Example/Cooling Tower 1/Area A,Area A,');
    const few = await command('tree', 'Example', '--host', 'plant-a', '--depth', '3', '--limit', '3', '--ndjson');
    expect([few.out.split('\n').length, few.err]).toEqual([3, expect.stringContaining('more than 3')]);
  });
});

describe('timeframes', () => {
  it('prints those of all conditions, up to the limit', async () => {
    const args = ['timeframes', '--start', '-7d', '--host', 'plant-a'];
    const { code, out, err } = await command(...args, '--limit', '3');
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining('more than 3')]);
    expect(out.split('\n')).toHaveLength(4);
    expect(out).toMatch(/^CONDITION +START +END +DURATION +ATTRIBUTES$/m);
  });
});

describe('plot', () => {
  it('draws in the terminal, in ASCII where there is no UTF-8', async () => {
    const { code, out, err } = await command(
      'plot',
      fqnIn('plant-a'),
      '--start',
      '-8h',
      '--width',
      '60',
      '--height',
      '12',
    );
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').length).toBeGreaterThan(8);
    expect(out).toContain('°F');
  });

  it('writes an image', async () => {
    const file = join(folder, 'plot.svg');
    expect(await command('plot', PATH, '--host', 'plant-b', '--svg', file)).toEqual({
      code: 0,
      out: '',
      err: `Wrote ${file}.`,
    });
    expect(await readFile(file, 'utf8')).toMatch(/^<svg[^]*Area A\/Temperature[^]*<\/svg>/);
    const nowhere = await command('plot', fqnIn('plant-a'), '--svg', join(folder, 'none', 'plot.svg'));
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('cannot be written')]);
  });

  it('refuses a size that no one can see', async () => {
    expect((await command('plot', PATH, '--width', '100000')).code).toBe(2);
  });
});

describe('health', () => {
  it('says how each part is', async () => {
    const { code, out } = await command('health');
    expect(code).toBe(0);
    expect(out).toMatch(/^OK {2}test-driver \(.*\), version \d/);
    for (const part of ['server plant-a ', 'server plant-b ', 'bus ']) expect(out).toContain(part);
    const { out: json } = await command('health', '--json');
    expect(JSON.parse(json)).toMatchObject({ kind: 'health', state: 'ok', servers: [{ name: 'plant-a' }, {}] });
  });

  it('lists the other replicas', async () => {
    const second = startDriver(cluster.driverOptions);
    try {
      await eventually(async () => {
        const { code, out } = await command('health');
        expect([code, out]).toEqual([0, expect.stringMatching(/^replica \S+ \S+ +ok +/m)]);
      });
    } finally {
      await second.stop();
    }
  });

  it('names the server that is down, with another exit code', async () => {
    await cluster.plants['plant-b']?.control.set({ down: true });
    await command('call', 'hosts');
    const { code, out } = await command('health');
    await cluster.plants['plant-b']?.control.set({ down: false });
    expect([code, out]).toEqual([4, expect.stringMatching(/^DEGRADED[^]*server plant-b.* +down +/)]);
    expect((await command('call', 'hosts')).code).toBe(0);
  });
});

describe('values', () => {
  it('draws the trend of each tag', async () => {
    const long = await command('values', 'Long Text', '--host', 'plant-a');
    expect(long.out).toMatch(/… \(\d{5,} characters\)/);
    const { out } = await command('values', fqnIn('plant-a'), '--trend', '-8h');
    expect(out).toMatch(/^TAG +VALUE +UNIT +TREND +TIME +STATUS\n.*°F +[▁▂▃▄▅▆▇█]{10,}/);
  });

  it('reads names from standard input', async () => {
    const { runProgram } = await import('../../../src/cli/program.ts');
    const out: string[] = [];
    const code = await runProgram(['values', '-', '--host', 'plant-a', '--csv'], {
      out: (line) => out.push(line),
      err: (line) => out.push(line),
      env: { XDG_CONFIG_HOME: folder },
      input: (async function* () {
        yield Buffer.from(`${PATH}\n\nArea B/Tempe`);
        yield Buffer.from('rature\r\n');
      })(),
    });
    expect([code, out.length]).toEqual([0, 3]);
  });
});

describe('call', () => {
  it('takes single parameters, files and standard input', async () => {
    const query = await command(
      'call',
      'tagsearch',
      '-p',
      'query=Temp*',
      '-p',
      'limit=1',
      '-p',
      'kinds=signal',
      '--compact',
    );
    expect([query.code, JSON.parse(query.out.split('\n')[0] ?? '')]).toEqual([
      0,
      expect.objectContaining({ name: 'Temperature', kind: 'signal' }),
    ]);
    const items = await command(
      'call',
      'snapshot',
      '-p',
      `items=${fqnIn('plant-a')}`,
      '-p',
      `items=${fqnIn('plant-b')}`,
    );
    expect([items.code, JSON.parse(items.out)]).toEqual([0, expect.objectContaining({ status: 'ok' })]);
    const file = join(folder, 'params.json');
    await writeFile(file, JSON.stringify({ query: 'nothing at all', limit: 1 }));
    const fromFile = await command('call', 'tagsearch', `@${file}`, '-p', 'query=Temp*', '--compact');
    expect(fromFile.out.split('\n').length).toBeGreaterThan(0);
    for (const [args, reason] of [
      [['-p', 'query'], /must be name=value/],
      [['@/nowhere'], /\/nowhere does not exist/],
      [['[1]'], /must be a JSON object/],
    ] as const) {
      const { code, err } = await command('call', 'tagsearch', ...args);
      expect([code, err]).toEqual([2, expect.stringMatching(reason)]);
    }
  });
});

describe('a name', () => {
  it.each([
    ...AWKWARD_NAMES.map((name) => ['Special Cases/Names', name] as const),
    ...UNICODE_NAMES.map((name) => ['Special Cases/Unicode Names', name] as const),
  ])('in %s as odd as %j is found, alone and by its path', async (parent, name) => {
    for (const text of [name, `${parent}/${name}`]) {
      const { code, out, err } = await command('values', text, '--host', 'plant-a', '--ndjson');
      const { tag } = JSON.parse(out) as { tag: string };
      expect([code, tag, err]).toEqual([0, `${parent}/${name}`, '']);
    }
  });

  it('that turns the direction of writing appears with visible escapes', async () => {
    const { out } = await command('search', 'Right*', '--host', 'plant-a');
    expect(out).toContain('Right \\u{202e}left\\u{202c} mark');
    expect(out).not.toContain('\u202e');
  });

  it('of two tags in one place, or of many, is ambiguous', async () => {
    const twins = await command('values', 'Twins/Twin', '--host', 'plant-a');
    expect([twins.code, twins.out]).toEqual([5, '']);
    expect(new Set(twins.err.match(/seeq:plant-a\/signal\/\S+/g)).size).toBe(2);
    const numbers = await command('values', 'Pump/Number', '--host', 'plant-a');
    expect(numbers.code).toBe(5);
    const many = await command('history', 'Temperature', '--host', 'plant-a');
    expect([many.code, many.err]).toEqual([5, expect.stringMatching(/is ambiguous: \d\d+ tags fit/)]);
  });
});
