import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../src/contract/request.ts';

const parse = (body: unknown) => parseRequest(Buffer.from(JSON.stringify(body)));
const failure = (body: unknown) => {
  const parsed = parse(body);
  return parsed.ok ? expect.fail('was accepted') : parsed;
};

describe('the request envelope', () => {
  it('takes a whole request', () => {
    const request = {
      function: 'snapshot',
      id: 'a-1',
      host: ['plant-a'],
      params: { items: ['x'] },
      timeoutMs: 1000,
      replyTo: 'answers.here',
      user: { name: 'Ada', groups: ['operators'] },
    };
    expect(parse(request)).toEqual({ ok: true, request });
  });

  it('names every wrong field at once and keeps what is needed to answer', () => {
    const parsed = failure({
      function: 'snapshot',
      id: 'a-1',
      host: [],
      timeoutMs: 0,
      colour: 'red',
      replyTo: 'answers',
    });
    expect(parsed).toMatchObject({ id: 'a-1', function: 'snapshot', replyTo: 'answers' });
    for (const part of ['"host"', '"timeoutMs"', '"colour"']) expect(parsed.error.message).toContain(part);
  });

  it('takes null, and an empty text where it has no meaning, for what is left out', () => {
    const absent = {
      id: null,
      host: null,
      params: null,
      timeoutMs: null,
      replyTo: '',
      user: { name: null, groups: null },
    };
    expect(parse({ function: 'version', ...absent })).toEqual({ ok: true, request: { function: 'version', user: {} } });
    expect(parse({ function: 'version', user: null, id: '', host: '' })).toEqual({
      ok: true,
      request: { function: 'version' },
    });
    expect(failure({ function: null }).error.message).toBe(
      'Field "function" is missing. Name of the function; "functions" lists them.',
    );
  });

  it.each([5, 0, -1, Number.MAX_SAFE_INTEGER])('takes the number %j as an id', (id) => {
    expect(parse({ function: 'version', id })).toEqual({ ok: true, request: { function: 'version', id } });
    expect(failure({ function: 'version', id, colour: 'red' }).id).toBe(id);
  });

  it.each([0.5, 2 ** 53, 1e300, true, [5]])('refuses the id %j, which no answer could repeat', (id) => {
    expect(failure({ function: 'version', id })).toMatchObject({ id: undefined, error: { code: 'badRequest' } });
  });

  it.each([
    [{ fuction: 'version' }, 'did you mean "function"?'],
    [{ function: 'snapshot', items: ['x'] }, 'the parameters of a function belong into "params"'],
    [{ function: 'snapshot', params: ['x'] }, 'Field "params" must be an object, not a list.'],
    [{ function: 'snapshot', timeoutMs: '5' }, 'must be a whole number without quotes, not a string (found "5")'],
    [{ function: 'snapshot', host: [null] }, 'Field "host[0]" must be a string, not null.'],
  ])('says of %j what would be right', (body, text) => {
    expect(failure(body).error.message).toContain(text);
  });

  it.each(['a b', 'a..b', '.a', 'a.', 'a.*', 'a.>', 'a\r\nPUB x 1', '$SYS.x'])('refuses to answer on %j', (replyTo) => {
    expect(failure({ function: 'version', replyTo })).toMatchObject({ replyTo: undefined });
  });

  it.each([
    [Buffer.alloc(0), 'empty'],
    [Buffer.from('{"function":'), 'not JSON'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'UTF-8'],
    [Buffer.from('[]'), 'object'],
    [Buffer.from('null'), 'object'],
    [Buffer.from('"version"'), 'object'],
  ])('says what is wrong with %j', (data, why) => {
    const parsed = parseRequest(data);
    expect(parsed.ok ? '' : parsed.error.message).toContain(why);
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (data) => {
          parseRequest(data);
        },
      ),
    );
    fc.assert(
      fc.property(fc.record({ function: fc.anything(), id: fc.anything(), params: fc.object() }), (body) => {
        const text = JSON.stringify(body, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        parseRequest(Buffer.from(text));
      }),
    );
  });
});
