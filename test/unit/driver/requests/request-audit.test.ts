import { expect, it } from 'vitest';
import type { AuditedRequest, AuditedResult, AuditTrail } from '../../../../src/contract/audit.ts';
import { auditedRequest, auditedResult } from '../../../../src/contract/audit.ts';
import { fqn, source, testDriver } from '../../../support/driver.ts';

/** A driver with one server, and the records of its requests. */
function audited(names = 20) {
  const leases: AuditedRequest[] = [];
  const records: (AuditedRequest & { result: AuditedResult })[] = [];
  const audit: AuditTrail = {
    names,
    lease: (request) => leases.push(auditedRequest.parse(request)),
    request: (request, result) => {
      records.push({ ...auditedRequest.parse(request), result: auditedResult.parse(result) });
    },
    process: () => undefined,
  };
  return { ...testDriver([source('plant-a')], { audit }), leases, records };
}

const tags = (count: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    fqn('plant-a', 'signal', `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`),
  );

it('a record has the caller, the question and the result', async () => {
  const { askAs, records } = audited();
  const items = tags(3);
  await askAs(
    '_INBOX.aaaaaaaaaaaabbbbbbbbbb.1',
    'snapshot',
    { items },
    { id: 7, host: 'plant-a', user: { name: 'anna' } },
  );
  expect(records).toMatchObject([
    {
      ...{ function: 'snapshot', id: '7', caller: '_INBOX.aaaaaaaaaaaa', user: 'anna', hosts: ['plant-a'], items: 3 },
      names: items,
      bytes: expect.any(Number) as number,
      result: { items: 3, hosts: ['plant-a'] },
    },
  ]);
});

it('a record names FQNs only, and has no other parameter and no value', async () => {
  const { ask, records } = audited();
  const secret = 'SECRET-4711';
  const [tag = ''] = tags(1);
  await ask('snapshot', { items: [tag, secret, 'seeq:plant-a/password/x'], time: secret });
  await ask('tagsearch', { query: secret, workbook: secret, cursor: secret });
  await ask('snapshot', { items: secret, [secret]: secret });
  await ask('snapshot', { items: [{ a: secret }, 7, null] }, { groups: [secret], [secret]: secret });
  expect(records.map(({ items, names, result }) => [items, names, result.status])).toEqual([
    [3, [tag], 'error'],
    [0, [], 'error'],
    [0, [], 'error'],
    [0, [], 'error'],
  ]);
  expect(JSON.stringify(records)).not.toMatch(/SECRET|VALUE|password/);
});

it('a record is limited, however long the texts of a caller are', async () => {
  const { ask, send, records } = audited(100);
  const long = '😀'.repeat(2000);
  const items = Array.from({ length: 3000 }, (_, n) => `seeq:plant-a/signal/${n}${'x'.repeat(100)}`);
  await ask(
    'snapshot',
    { items },
    { id: 'i'.repeat(128), host: Array(1000).fill('😀'.repeat(50)), user: { name: 'u'.repeat(256) } },
  );
  await send(Buffer.from(JSON.stringify({ function: long, id: long, user: { name: long } })));
  await send(Buffer.alloc(2_000_000, 'x'));
  expect(records).toHaveLength(3);
  expect(records[0]).toMatchObject({ items: 3000, user: 'u'.repeat(256) });
  expect(records[0]?.names).toHaveLength(100);
  expect(records[0]?.hosts).toHaveLength(50);
  for (const record of records) {
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(64 * 1024);
    expect(JSON.stringify(record).isWellFormed()).toBe(true);
  }
});

it('every refusal has a record with its code', async () => {
  const { ask, send, driver, records } = audited();
  await ask('snapshot', {});
  await ask('nothing');
  await ask('writedata');
  await ask('snapshot', { items: tags(1) }, { timeoutMs: 1e9 });
  await send(Buffer.from('no json'));
  driver.stop();
  await ask('version');
  expect(records.map(({ function: name, result }) => [name, result.code])).toEqual([
    ['snapshot', 'badRequest'],
    ['nothing', 'unknownFunction'],
    ['writedata', 'unsupported'],
    ['snapshot', 'tooLarge'],
    ['', 'badRequest'],
    ['version', 'sourceUnavailable'],
  ]);
});

it('a request without a reply subject has a record', async () => {
  const { send, records } = audited();
  await send(Buffer.from(JSON.stringify({ function: 'version', id: 'x' })), false, '').catch(() => undefined);
  expect(records).toMatchObject([{ function: 'version', caller: '', result: { status: 'unanswered', bytes: 0 } }]);
});

it('a lease has a record when it arrives, and one when it ends', async () => {
  const { ask, leases, records } = audited();
  await ask('eventpipepoll', { items: tags(2), leaseMs: 1, intervalMs: 1 });
  expect(leases).toMatchObject([{ function: 'eventpipepoll', items: 2 }]);
  expect(records).toMatchObject([{ function: 'eventpipepoll', items: 2 }]);
});
