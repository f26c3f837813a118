/** The simulator answers what `openapi/iotopen.yaml` describes. */
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCHOOL } from './plant.ts';
import { startIotOpen, type IotOpenSimulator } from './simulator.ts';

let simulator: IotOpenSimulator;
const ajv = new Ajv2020({ strict: false });
beforeAll(async () => {
  ajv.addSchema(parse(await readFile('openapi/iotopen.yaml', 'utf8')) as object, 'api');
  simulator = await startIotOpen();
  simulator.inventory.keep(SCHOOL, { topic: 'obj/a', value: 1.5, timestamp: Date.now() / 1000 - 10, msg: 'x' });
});
afterAll(() => simulator.stop());

const KEY = { 'x-api-key': 'key-of-the-driver' };
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const form = { ...basic('driver%2F1:s3cr%2Bt+%25'), 'content-type': 'application/x-www-form-urlencoded' };
const body = 'grant_type=refresh_token&refresh_token=first-refresh-token';

it.each([
  ['/api/v2/auth', 'post', { headers: basic('bo@example.com:bo-password') }, 200],
  ['/api/v2/auth', 'post', { headers: basic('bo@example.com:wrong') }, 401],
  ['/api/v2/oauth2/token', 'post', { headers: form, body }, 200],
  ['/api/v2/oauth2/token', 'post', { headers: form, body: `${body}x` }, 400],
  ['/api/v2/installationinfo', 'get', { headers: KEY }, 200],
  ['/api/v2/installationinfo/{client_id}', 'get', { headers: KEY }, 200],
  ['/api/v2/functionx/{installation_id}', 'get', { headers: KEY }, 200],
  ['/api/v2/devicex/{installation_id}', 'get', { headers: KEY }, 200],
  ['/api/v2/status/{installation_id}', 'get', { headers: KEY }, 200],
  ['/api/v2/status/{installation_id}', 'post', { headers: KEY, body: '["obj/a"]' }, 200],
  ['/api/v3beta/log/{installation_id}', 'get', { headers: KEY }, 200],
  ['/api/v3beta/log/{installation_id}', 'post', { headers: KEY, body: '["obj/a"]' }, 200],
  ['/api/v3beta/log/{installation_id}', 'post', { headers: KEY, body: '{}' }, 400],
] as const)('%s %s, %#', async (path, method, init, status) => {
  const place = path.replace('{client_id}', String(SCHOOL)).replace('{installation_id}', String(SCHOOL + 5000));
  const answer = await fetch(`${simulator.url}${place}`, { method: method.toUpperCase(), ...init });
  expect(answer.status).toBe(status);
  const at = [path, method, 'responses', status === 200 ? '200' : 'default']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const pointer = `api#/paths/${at}`;
  const described =
    ajv.getSchema(`${pointer}/content/application~1json/schema`) ?? ajv.getSchema('api#/components/schemas/Message');
  expect(described).toBeDefined();
  const content: unknown = await answer.json();
  expect(described?.(content), JSON.stringify(described?.errors)).toBe(true);
  if (Array.isArray(content)) expect(content.length).toBeGreaterThan(0);
});
