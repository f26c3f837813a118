import { expect, it } from 'vitest';
import { errorCodes, networkProblem } from '../../../src/lib/network-problem.ts';

it.each([
  ['ECONNREFUSED', 'refused'],
  ['EAI_AGAIN', 'unknownHost'],
  ['ENETUNREACH', 'unreachable'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['EPIPE', 'closed'],
  ['UND_ERR_SOCKET', 'closed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
  ['CERT_NOT_YET_VALID', 'expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'hostMismatch'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['CERT_REVOKED', 'tls'],
  ['ENOSPC', undefined],
])('%s means %s', (code, problem) => {
  expect(networkProblem(code)).toBe(problem);
});

it('codes are those of the error, its causes and its parts, also where a library keeps them elsewhere', () => {
  const coded = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code });
  const parts = Object.assign(new AggregateError([coded('A'), coded('B')]), { code: 'ALL' });
  expect(errorCodes(coded('OUTER', parts))).toEqual(['OUTER', 'ALL', 'A', 'B']);
  const chained = Object.assign(new Error('chained'), { chained: coded('INNER') });
  expect(errorCodes(chained, (error) => (error as { chained?: unknown }).chained)).toEqual(['INNER']);
  const loop = coded('AGAIN');
  loop.cause = loop;
  expect(errorCodes(loop)).toEqual(['AGAIN']);
  const uncoded = new AggregateError([]);
  Object.assign(uncoded, { errors: [uncoded], cause: uncoded });
  expect(errorCodes(uncoded)).toEqual([]);
  expect(errorCodes('no error')).toEqual([]);
});
