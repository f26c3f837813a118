/** A platform whose answers are wrong in one member: what it belongs to is left out, and all else is there. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriverError } from '../../../../src/contract/errors.ts';
import { logInByHand } from '../../../../src/sources/iotopen/login/interactive-login.ts';
import { Platform } from '../../../../src/sources/iotopen/platform.ts';
import { API_KEY, given, NEVER, pagesOf } from './support.ts';

const SECOND = 1_000_000_000n;
const INSTALLATION = { id: 1, clientId: 5034, name: 'School', assigned: true };
const ROW = { client_id: 5034, topic: 'obj/a', timestamp: 1_735_732_800.25, value: 7, msg: '' };
const THING = { id: 1, type: 'temperature', installation_id: 1, meta: { name: 'One' }, protected_meta: { unit: '°C' } };

/** Right answers by a part of their path. */
const RIGHT: Record<string, unknown> = {
  installationinfo: [
    { id: 1, client_id: 5034, name: 'School', assigned: true },
    { id: 2, client_id: 5035, name: 'Town hall', assigned: false },
  ],
  functionx: [THING, { ...THING, id: 2 }],
  devicex: [THING, { ...THING, id: 2 }],
  status: [ROW, { ...ROW, topic: 'obj/b' }],
  log: { total: 2, last: 1_735_732_801, count: 2, data: [ROW, { ...ROW, topic: '5034/obj/b' }] },
};

const nested = (depth: number): string => `${'[['.repeat(depth)}${']]'.repeat(depth)}`;
/** As text, because a number may be beyond what a JavaScript number holds. */
const WRONG = [
  ...['null', '5', '-1', '0.5', '1e400', '"odd"', 'true', '[]', '[null]', '{}', '{"__proto__":{"topic":"obj/c"}}'],
  nested(10_000),
];

let server: Server;
let platform: Platform;
/** The answer to a path, where it is another one. */
let instead: ((path: string) => string | undefined) | undefined;
let options: ConstructorParameters<typeof Platform>[0];

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const [, right] = Object.entries(RIGHT).find(([part]) => url.pathname.includes(part)) ?? [];
    const later = Number(url.searchParams.get('offset')) > 0 ? JSON.stringify({ total: 2, data: [] }) : undefined;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(later ?? instead?.(url.pathname) ?? JSON.stringify(right ?? {}));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  options = {
    ...{ name: 'plant', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    ...{ tls: { insecureSkipVerify: false }, connections: 2, connectTimeoutMs: 30_000, requestTimeoutMs: 30_000 },
    ...{ userAgent: 'test', credentials: API_KEY, codeAdvice: '', onNotice: () => undefined },
  };
  platform = new Platform(options);
});
afterAll(async () => {
  await platform.close();
  server.close();
});

async function log(): Promise<unknown[]> {
  const query = { from: 0n, to: 2_000_000_000n * SECOND, topics: ['obj/a', 'obj/b'], pageRows: 100 };
  return (await Array.fromAsync(pagesOf(platform.log(INSTALLATION, query)))).flat();
}

const READS: Record<string, () => Promise<readonly unknown[]>> = {
  installationinfo: async () => (await platform.installations(NEVER)).items,
  functionx: async () => (await platform.functions(INSTALLATION, NEVER)).items,
  devicex: async () => (await platform.devices(INSTALLATION, NEVER)).items,
  status: () => platform.status(INSTALLATION, ['obj/a', 'obj/b'], NEVER),
  log,
};

type Holder = Record<string | number, unknown>;

/** Every document in which one member is something else, or absent, with the path of it. */
function* mutations(document: unknown): Generator<[path: (string | number)[], text: string]> {
  const paths: (string | number)[][] = [[]];
  for (const path of paths) {
    const value = path.reduce<unknown>((at, step) => (at as Holder)[step], document);
    if (typeof value === 'object' && value !== null) {
      // The second of two entries is as the first.
      const steps = Array.isArray(value) ? [0] : Object.keys(value);
      paths.push(...steps.map((step) => [...path, step]));
    }
    // An answer without a body is asked for again.
    for (const wrong of path.length === 0 ? WRONG : [...WRONG, undefined]) {
      const copy = JSON.parse(JSON.stringify({ document })) as Holder;
      const holder = ['document', ...path].slice(0, -1).reduce<Holder>((at, step) => at[step] as Holder, copy);
      const last = path.at(-1) ?? 'document';
      if (wrong !== undefined) holder[last] = '@@wrong@@';
      else if (Array.isArray(holder)) continue;
      else Reflect.deleteProperty(holder, last);
      yield [path, JSON.stringify(copy.document).replace('"@@wrong@@"', wrong ?? '')];
    }
  }
}

it.each(Object.entries(READS))('%s gives all that the wrong member does not belong to', async (part, read) => {
  instead = undefined;
  const good = await read();
  expect(good).toHaveLength(2);
  for (const [path, text] of mutations(RIGHT[part])) {
    instead = (asked) => (asked.includes(part) ? text : undefined);
    const told = `${path.join('.')}: ${text.slice(0, 300)}`;
    let items: readonly unknown[];
    try {
      items = await read();
    } catch (error) {
      expect(error, told).toBeInstanceOf(DriverError);
      expect(error, told).toMatchObject({ code: 'sourceError' });
      expect((error as Error).message).toContain('IoT Open "plant"');
      // Only an answer that is wrong as a whole, or is no JSON that can be read, is an error.
      expect(['', 'data', 'total'].includes(path.join()) || text.includes('[[[['), told).toBe(true);
      continue;
    }
    if (path.some((step) => typeof step === 'number')) expect(items, told).toContainEqual(good[1]);
    else if (path.length > 0 && path[0] !== 'data') expect(items, told).toEqual(good);
  }
});

it.each(Object.entries(READS))('%s without a body is no empty list, and is asked for again', async (part, read) => {
  let answers = 0;
  instead = (asked) => (asked.includes(part) && ++answers === 1 ? '' : undefined);
  expect(await read()).toHaveLength(2);
  expect(answers).toBeGreaterThan(1);
});

describe('an answer of any depth', () => {
  // What one step of the driver can follow, the next one may not.
  const depths = Array.from({ length: 60 }, (_, at) => 200 + at * 50);

  it.each(['status', 'log'])('is read or refused (%s)', async (part) => {
    const outcomes = new Set<string>();
    for (const depth of depths) {
      const odd = (document: unknown) => JSON.stringify(document).replaceAll('"msg":""', `"msg":${nested(depth)}`);
      instead = (asked) => (asked.includes(part) ? odd(RIGHT[part]) : undefined);
      const outcome = await READS[part]?.().then(
        ({ length }) => length,
        (error: unknown) => error,
      );
      if (outcome instanceof DriverError) expect(outcome.message).toMatch(/^IoT Open "plant": .*nested too deep/);
      outcomes.add(outcome instanceof DriverError ? outcome.code : String(outcome));
    }
    expect([...outcomes].sort()).toEqual(['2', 'sourceError']);
  });
});

it.each(WRONG.map((wrong) => [wrong.slice(0, 40), wrong]))(
  'a log-in with %s for a token is none',
  async (_what, wrong) => {
    instead = () => `{"token":${wrong}}`;
    const user = { kind: 'user', user: given('åsa'), password: given('plant-4711-secret') } as const;
    const outcome = await logInByHand(options, user, () => Promise.resolve('')).catch((error: unknown) => error);
    if (wrong === '"odd"') expect(outcome).toBe('odd');
    else expect(outcome).toMatchObject({ code: 'sourceError' });
  },
);

it('a second step that repeats the password, and is long, is reported in short and without it', async () => {
  const password = 'plant:pass/w0rd 4711';
  const next = `sms for ${password} \u001b[2J ${Buffer.from(password).toString('base64')} ${'and more '.repeat(10_000)}`;
  instead = () => JSON.stringify({ token: 'token-of-the-first-step', nextstep: next });
  const user = { kind: 'user', user: given('åsa'), password: given(password) } as const;
  const asked: string[] = [];
  const byHand = logInByHand(options, user, (step) => {
    asked.push(step);
    return Promise.resolve('');
  });
  const platformOfUser = new Platform({ ...options, credentials: user });
  const texts = await Promise.all([
    byHand.catch((error: unknown) => String(error)),
    platformOfUser.ping(NEVER).then(
      () => 'well',
      (error: unknown) => String(error),
    ),
  ]);
  await platformOfUser.close();
  for (const text of [...texts, ...asked]) {
    expect(text).toContain('sms for [secret]');
    expect(text).not.toContain('w0rd');
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThan(400);
  }
});
