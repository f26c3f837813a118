/** The AsyncAPI document: valid by its own standard, its schemas usable, and true about what the driver answers. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv, type AnySchema } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { asyncapiDocument, bus } from '../../scripts/generators/asyncapi.ts';
import { functionTable } from '../../src/contract/functions/table.ts';

interface Document {
  channels: Record<string, { address?: string | null; messages: Record<string, unknown>; parameters?: object }>;
  operations: Record<string, { action: string; channel: unknown; messages: unknown[] }>;
  components: { schemas: Record<string, object>; messages: Record<string, { payload: object }> };
}

const require = createRequire(import.meta.url);
const official = require('@asyncapi/specs/schemas/3.0.0.json') as AnySchema;
const addFormats = require('ajv-formats') as (ajv: Ajv) => void;
const document = parse(await readFile('openapi/bus.asyncapi.yaml', 'utf8')) as Document;

/** What the standard finds wrong; empty when nothing is. */
function mistakes(candidate: unknown): string[] {
  // The document brings the meta-schema of draft-07 itself.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats(ajv);
  const validate = ajv.compile(official);
  return validate(candidate) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** Validates a body by the payload of one of the document's messages. */
function validator(message: string) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile({ components: document.components, $ref: `#/components/messages/${message}/payload` });
  return (body: unknown) => (validate(body) ? [] : (validate.errors ?? []));
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

describe('the AsyncAPI document', () => {
  it('is what the schemas of the contract give', async () => {
    expect(await asyncapiDocument()).toBe(await readFile('openapi/bus.asyncapi.yaml', 'utf8'));
  });

  it('is valid by the official schema, which does notice mistakes', () => {
    expect(mistakes(document)).toEqual([]);
    expect(mistakes({ ...document, colour: 1 })).not.toEqual([]);
    const { requests } = document.channels;
    expect(mistakes({ ...document, channels: { requests: { ...requests, messages: [] } } })).not.toEqual([]);
    const operation = { ...document.operations.snapshot, action: 'answer' };
    expect(mistakes({ ...document, operations: { snapshot: operation } })).not.toEqual([]);
  });

  it('refers only to what it holds', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(refs.length).toBeGreaterThan(200);
    for (const path of new Set(refs)) {
      const target = path.split('/').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
      expect(target, path).toBeDefined();
    }
  });

  it('uses every schema and message that it holds', () => {
    const text = JSON.stringify(document);
    for (const kind of ['schemas', 'messages'] as const) {
      for (const name of Object.keys(document.components[kind])) {
        expect(text, name).toContain(`"#/components/${kind}/${name}"`);
      }
    }
  });

  it('has an operation with request and answer for every function, and one for all that is published', () => {
    const { operations, channels } = document;
    for (const { name } of functionTable) {
      expect(operations[name]).toMatchObject({ action: 'receive', channel: { $ref: '#/channels/requests' } });
    }
    const sent = Object.entries(operations).filter(([, { action }]) => action === 'send');
    expect(sent.map(([name]) => name)).toEqual([
      'publishHealth',
      'publishMetrics',
      'publishStats',
      'publishLog',
      'publishAudit',
      'publishReading',
      'publishDeadLetter',
    ]);
    const { readings, deadletters, ...topics } = channels;
    const parameters = Object.values(topics).flatMap((channel) => Object.keys(channel.parameters ?? {}));
    const telemetryTopics = ['healthtopic', 'metricstopic', 'statstopic', 'logstopic', 'settings_audit_topic'];
    expect(parameters).toEqual(['reqtopic', ...telemetryTopics]);
    expect(readings?.address).toBe('{prefix}.readings.{scheme}.{connection}.{name}');
    expect(deadletters?.address).toBe('{prefix}.deadletters.{scheme}.{connection}');
    expect(Object.keys(operations)).toHaveLength(functionTable.length + 7);
  });

  it('is generated as the same object', () => {
    expect(JSON.parse(JSON.stringify(bus()))).toEqual(document);
  });
});

describe('the schemas of the AsyncAPI document', () => {
  it('hold for every example of the page of functions', async () => {
    const page = await readFile('docs/functions.md', 'utf8');
    const sections = functionTable.map(({ name }) => [name, page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? ''] as const);
    const withExample = sections.filter(([, section]) => section.includes('**Request**'));
    expect(withExample.length).toBeGreaterThan(10);
    for (const [name, section] of withExample) {
      const blocks = [...section.matchAll(/```json\n(.*?)\n```/gs)].map(([, text = '']) => JSON.parse(text) as unknown);
      const [request, ...answers] = blocks;
      expect([name, validator(`${pascal(name)}Request`)(request)]).toEqual([name, []]);
      expect(answers.length).toBeGreaterThan(0);
      for (const answer of answers) expect([name, validator(`${pascal(name)}Answer`)(answer)]).toEqual([name, []]);
    }
  });

  it('refuse what the contract refuses', () => {
    const request = validator('SnapshotRequest');
    const items = ['seeq:plant-a/signal/x'];
    expect(request({ function: 'snapshot', params: { items } })).toEqual([]);
    expect(request({ function: 'snapshot' })).not.toEqual([]);
    expect(request({ function: 'discrete', params: { items } })).not.toEqual([]);
    expect(request({ function: 'snapshot', params: { item: items } })).not.toEqual([]);
    expect(request({ function: 'snapshot', params: { items: [] } })).not.toEqual([]);
    expect(request({ function: 'snapshot', params: { items }, colour: 1 })).not.toEqual([]);
  });

  it('take answers with members of a later version, but none without what this one promises', () => {
    const answer = { id: '1', function: 'snapshot', seq: 0, last: true, status: 'ok', items: [] as object[], later: 1 };
    const meta = { elapsedMs: 1, sourceMs: 0, sourceRequests: 0, hosts: [], later: 1 };
    const check = validator('SnapshotAnswer');
    expect(check({ ...answer, meta })).toEqual([]);
    expect(check({ ...answer, items: [{ index: 0 }] })).not.toEqual([]);
    expect(check({ ...answer, error: { code: 'nonsense', message: '', retryable: false } })).not.toEqual([]);
  });
});
