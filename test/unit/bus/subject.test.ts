/** Subjects, tokens and addresses from files and payloads. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replySubject } from '../../../src/contract/request.ts';
import { discoveredAddresses, formatAddress, parseAddress } from '../../../src/bus/connection/address.ts';
import { delayMs } from '../../../src/lib/backoff.ts';
import { publishSubject, replyRule, subjectToken, subscribeSubject, SubjectError } from '../../../src/bus/subject.ts';

describe('subjects', () => {
  test.each(['a', 'north.mill.seeq.request', '_INBOX.x.y', 'grün.ÄÖ.日本', 'a-b_c.$d', 'a%2Eb'])(
    '%j is one',
    (subject) => {
      expect(publishSubject(subject)).toBe(subject);
      expect(subscribeSubject(subject)).toBe(subject);
    },
  );

  test.each([
    ['', /empty/],
    ['a..b', /empty token/],
    ['.a', /empty token/],
    ['a.', /empty token/],
    ['a b', /" " is not allowed/],
    ['a\tb', /not allowed/],
    ['a\r\nPUB x 0\r\n\r\n', /"\\r" is not allowed/],
    ['a\u0000', /not allowed/],
    ['a\u0085b', /not allowed/],
    ['a\u2028b', /not allowed/],
    ['a\ud800b', /not allowed/],
    ['a.*', /not allowed/],
    ['a.>', /not allowed/],
    ['a*', /not allowed/],
    ['x'.repeat(1025), /longer than 1024/],
  ])('%j is none to publish on', (subject, why) => {
    expect(() => publishSubject(subject)).toThrow(SubjectError);
    expect(() => publishSubject(subject)).toThrow(why);
  });

  test('wildcards are whole tokens, and ">" the last one', () => {
    for (const subject of ['*', '>', 'a.*.b', 'a.*.>']) expect(subscribeSubject(subject)).toBe(subject);
    for (const subject of ['a.>.b', 'a*', '>a']) expect(() => subscribeSubject(subject)).toThrow(SubjectError);
  });

  test('an error shows a line break instead of printing it', () => {
    expect(() => publishSubject(`evil\r\nline ${'x'.repeat(500)}`)).toThrow(/^"evil\\r\\nline x{80,100}\.\.\." is not/);
  });

  test('a queue group is one token', () => {
    expect(subjectToken('seeq-drv')).toBe('seeq-drv');
    for (const token of ['', 'a.b', 'a b', '*', 'a\n']) expect(() => subjectToken(token)).toThrow(SubjectError);
  });
});

describe('subjects for answers', () => {
  const rule = replyRule(['a.request', 'a.request.control.>', 'iota.readings.>', 'b.*.c']);

  test.each([
    '_INBOX.x.y',
    '_R_.a.b',
    'answers',
    'iota.readings',
    'a.request.x',
    'a.reques',
    'b.c',
    'b.x.c.d',
    'a.b$c',
  ])('%j is one', (subject) => {
    expect(rule(subject)).toBeUndefined();
  });

  test.each([
    ['', /empty/],
    ['$SYS.x', /"\$"/],
    ['a.$JS.API.x', /"\$"/],
    ['a.request', /of the driver/],
    ['a.request.control.x', /of the driver/],
    ['iota.readings.x', /of the driver/],
    ['iota.readings.x.y.z', /of the driver/],
    ['b.x.c', /of the driver/],
    ['a.\ufffd', /UTF-8/],
    ['a.*', /not allowed/],
    ['a\r\nPUB x 0', /not allowed/],
    ['ä'.repeat(513), /longer/],
  ])('%j is none', (subject, why) => {
    expect(rule(subject)).toMatch(why);
  });

  test('what the contract takes as "replyTo" is one, or a subject of the driver', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }), (subject) => {
        if (replySubject.safeParse(subject).success) expect(replyRule([])(subject) ?? 'UTF-8').toContain('UTF-8');
      }),
    );
    for (const subject of ['a\ud800', 'ä'.repeat(513), 'a.$b', '$a'])
      expect(replySubject.safeParse(subject).success).toBe(false);
  });
});

describe('addresses', () => {
  test.each([
    ['nats.example', 'nats.example', 4222],
    ['nats.example:443', 'nats.example', 443],
    ['tls://nats.example:443', 'nats.example', 443],
    ['nats://10.0.0.7:4333/', '10.0.0.7', 4333],
    ['[::1]:4222', '::1', 4222],
    [' tls://[2001:db8::7] ', '2001:db8::7', 4222],
  ])('%j is read', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port, tlsName: host });
  });

  test.each(['', 'tls://', 'a:b', 'a:0', 'a:70000', 'user@a', 'nats://u:p@a:1', 'wss://a', 'a/b', 'a b', '::1'])(
    '%j is refused without being repeated',
    (text) => {
      expect(() => parseAddress(text)).toThrow('A NATS server is given as');
    },
  );

  test('are printed as they are read', () => {
    for (const text of ['a:1', '[::1]:2']) expect(formatAddress(parseAddress(text))).toBe(text);
  });

  test('of a cluster are held to the name of the server that announced them', () => {
    const by = parseAddress('nats.example:443');
    expect(discoveredAddresses(['10.0.0.1:4222', 'b.example:4222', 'no address'], by)).toEqual([
      { host: '10.0.0.1', port: 4222, tlsName: 'nats.example' },
      { host: 'b.example', port: 4222, tlsName: 'b.example' },
    ]);
    expect(discoveredAddresses(undefined, by)).toEqual([]);
  });
});

test('delays double from 250 ms to 15 s, anywhere in the upper half', () => {
  const longest = (failures: number): number => delayMs(failures, undefined, () => 1);
  const shortest = (failures: number): number => delayMs(failures, undefined, () => 0);
  expect([0, 1, 2, 5, 6, 1000].map(longest)).toEqual([250, 500, 1000, 8000, 15_000, 15_000]);
  expect([0, 1, 1000].map(shortest)).toEqual([125, 250, 7500]);
});
