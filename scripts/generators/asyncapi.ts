import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { configSchema } from '../../src/app/configuration.ts';
import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import { CONTRACT_VERSION } from '../../src/contract/answer.ts';
import type { SchemaNode } from '../../src/lib/wording/explain.ts';
import type { FunctionDeclaration } from '../../src/contract/functions/define.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { readingSchemes } from '../../src/contract/reading.ts';
import { TELEMETRY_VERSION } from '../../src/contract/telemetry-parts.ts';
import { contractSchemas, itemName, paramsName, pascal, refTo } from './asyncapi-schemas.ts';

/** What the driver publishes about itself: key of the configuration, name of the message, when. */
const telemetryTopics = [
  [
    'healthtopic',
    'Health',
    'State of the driver, its bus and its servers, published with every connection and periodically',
  ],
  ['metricstopic', 'Metrics', 'Counters and gauges for programs, published periodically'],
  ['statstopic', 'Stats', 'Summary of the metrics for people, published periodically'],
  ['logstopic', 'Log', 'Each line of the log, published at the moment it is written'],
  [
    'settings.audit.topic',
    'Audit',
    'A record of each request, and of each start, stop and reload of the driver, published at its end',
  ],
] as const;

/** `openapi/bus.asyncapi.yaml`: the contract on the bus for tools, out of the schemas that the driver itself checks by. */
export async function asyncapiDocument(): Promise<string> {
  const yaml = stringify(bus(), { lineWidth: 0, aliasDuplicateObjects: false });
  const head = '# Generated from src/contract by "npm run generate".\n';
  const file = 'openapi/bus.asyncapi.yaml';
  return format(head + yaml, { ...(await resolveConfig(file)), filepath: file });
}

/** The document as an object. */
export function bus(): Record<string, unknown> {
  return {
    asyncapi: '3.0.0',
    id: 'urn:iota-seeqdrv:bus',
    info: {
      title: 'iota-seeqdrv: the Seeq driver of an IOTA Vue cluster on the bus',
      version: `${CONTRACT_VERSION}.0.0`,
      description:
        'Requests that the driver answers, its telemetry, and the readings of devices that it publishes. Topics, names and types of the functions are those that IOTA Software documents for its drivers; all bodies are our own contract, not confirmed by IOTA Software. docs/contract.md has the rules (messages of one answer, times, names, failures). Rules that a schema cannot express, such as that exactly one of two members is needed, are in its description or in the error that names the member.',
    },
    defaultContentType: 'application/json',
    servers: { bus: server() },
    channels: { ...requestChannels(), ...telemetryChannels(), ...ingestChannels() },
    operations: { ...requestOperations(), ...telemetryOperations(), ...ingestOperations() },
    components: {
      schemas: contractSchemas(),
      messages: {
        ...Object.fromEntries(functionTable.flatMap((declaration) => requestMessages(declaration))),
        ...Object.fromEntries(telemetryTopics.map(telemetryMessage)),
        ...ingestMessages(),
      },
      correlationIds: {
        id: {
          location: '$message.payload#/id',
          description: 'The same id in a request and in every message of its answer',
        },
      },
      securitySchemes: {
        nkey: {
          type: 'asymmetricEncryption',
          description:
            'NKey: the client signs the nonce of the server with the Ed25519 seed of its user (SU...); the server knows the public key (U...). No secret is sent.',
        },
      },
    },
  };
}

function server() {
  return {
    host: '{host}:{port}',
    protocol: 'nats',
    description:
      'The NATS server of the IOTA Vue cluster, as the key natsurl of the configuration names it. Connections use TLS; the client checks the certificate of the server.',
    variables: {
      host: { default: 'nats.example.com', description: 'Host name, as in the certificate' },
      port: { default: '443', description: 'Port; 443 in IOTA installations, 4222 if none is configured' },
    },
    security: [{ $ref: '#/components/securitySchemes/nkey' }],
  };
}

/** A topic is a key of the configuration; the text that explains it there explains it here. */
function topicChannel(key: string, rest: object) {
  const node = key
    .split('.')
    .reduce<SchemaNode | undefined>((parent, name) => parent?.properties?.[name], jsonSchemaOf(configSchema));
  const explained = node?.description ?? '';
  // A parameter has no dots.
  const parameter = key.replaceAll('.', '_');
  return {
    address: `{${parameter}}`,
    parameters: { [parameter]: { description: `Key "${key}" of the configuration. ${explained}` } },
    servers: [{ $ref: '#/servers/bus' }],
    ...rest,
  };
}

const messageRefs = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
const requestName = ({ name }: FunctionDeclaration): string => `${pascal(name)}Request`;
const answerName = ({ name }: FunctionDeclaration): string => `${pascal(name)}Answer`;

function requestChannels() {
  return {
    requests: topicChannel('reqtopic', {
      title: 'Requests',
      description: 'Replicas subscribe in one queue group, so one of them answers each request.',
      messages: messageRefs(functionTable.map(requestName)),
    }),
    answers: {
      address: null,
      title: 'Answers',
      description: 'The reply subject of the NATS message, or "replyTo" of the request if it is given.',
      messages: messageRefs(functionTable.map(answerName)),
    },
  };
}

const telemetryChannels = () =>
  Object.fromEntries(
    telemetryTopics.map(([key, name]) => [
      name.toLowerCase(),
      topicChannel(key, { title: name, messages: messageRefs([name]) }),
    ]),
  );

function requestOperations() {
  return Object.fromEntries(
    functionTable.map((declaration) => [
      declaration.name,
      {
        action: 'receive',
        channel: { $ref: '#/channels/requests' },
        title: declaration.name,
        summary: declaration.description,
        ...(declaration.unsupported === undefined
          ? {}
          : { description: `Always answered with the error "unsupported". ${declaration.unsupported}` }),
        tags: [{ name: declaration.type }],
        bindings: { nats: { queue: defaultQueue() } },
        messages: [{ $ref: `#/channels/requests/messages/${requestName(declaration)}` }],
        reply: {
          address: {
            location: '$message.payload#/replyTo',
            description: 'Without replyTo the reply subject of the NATS message.',
          },
          channel: { $ref: '#/channels/answers' },
          messages: [{ $ref: `#/channels/answers/messages/${answerName(declaration)}` }],
        },
      },
    ]),
  );
}

const defaultQueue = (): string =>
  String(jsonSchemaOf(configSchema).properties?.settings?.properties?.bus?.properties?.queue?.default);

const telemetryOperations = () =>
  Object.fromEntries(
    telemetryTopics.map(([, name, summary]) => [
      `publish${name}`,
      {
        action: 'send',
        channel: { $ref: `#/channels/${name.toLowerCase()}` },
        summary,
        messages: [{ $ref: `#/channels/${name.toLowerCase()}/messages/${name}` }],
      },
    ]),
  );

/** The request of a function and a message of its answer. */
function requestMessages(declaration: FunctionDeclaration): [string, object][] {
  const { name, description, params, item } = declaration;
  const needsParams = Object.values<z.ZodType>(params.shape).some((member) => !member.safeParse(undefined).success);
  const shared = { contentType: 'application/json', correlationId: { $ref: '#/components/correlationIds/id' } };
  const request = {
    title: `Request ${name}`,
    summary: description,
    ...shared,
    headers: {
      type: 'object',
      properties: {
        'Accept-Encoding': { type: 'string', description: '"gzip": the answer may be compressed' },
        traceparent: { type: 'string', description: 'W3C Trace Context of the caller, where the driver has traces' },
        tracestate: { type: 'string', description: 'W3C Trace Context of the caller' },
      },
    },
    payload: {
      allOf: [
        refTo('Request'),
        {
          type: 'object',
          properties: { function: { const: name }, params: refTo(paramsName(params)) },
          required: ['function', ...(needsParams ? ['params'] : [])],
        },
      ],
    },
  };
  const answer = {
    title: `Message of an answer of ${name}`,
    summary: 'An answer consists of one or more messages in the order of "seq"',
    ...shared,
    headers: answerHeaders,
    payload: {
      allOf: [
        refTo('Answer'),
        {
          type: 'object',
          properties: { function: { const: name }, items: { type: 'array', items: refTo(itemName(item)) } },
        },
      ],
    },
  };
  return [
    [requestName(declaration), request],
    [answerName(declaration), answer],
  ];
}

const answerHeaders = {
  type: 'object',
  properties: {
    traceparent: { type: 'string', description: 'W3C Trace Context of the span of the request, if it is recorded' },
    'Content-Encoding': { type: 'string', enum: ['gzip'], description: 'The body is compressed' },
    'Nats-Service-Error': { type: 'string', description: 'With status "error": code and text' },
    'Nats-Service-Error-Code': { type: 'string', description: 'With status "error": the HTTP-like number of the code' },
  },
};

const telemetryMessage = ([key, name, summary]: (typeof telemetryTopics)[number]): [string, object] => [
  name,
  {
    title: `${name} on ${key}`,
    summary: `${summary}; version ${TELEMETRY_VERSION} of the bodies`,
    contentType: 'application/json',
    payload: refTo(name),
  },
];

/** What the driver brings in from devices: name of the channel, of the message, and what it holds. */
const ingestTopics = [
  ['readings', 'Reading', 'One value of one tag at one time, as a device measured it'],
  ['deadletters', 'DeadLetter', 'A message of a device, or a part of one, that could not become a reading'],
] as const;

const idHeader = {
  type: 'object',
  properties: {
    'Nats-Msg-Id': {
      type: 'string',
      description: 'The same for every delivery of the same reading or dead letter, so that the stream stores it once',
    },
    traceparent: { type: 'string', description: 'W3C Trace Context of its publication, if that is recorded' },
  },
  required: ['Nats-Msg-Id'],
};

const ingestChannels = () =>
  Object.fromEntries(
    ingestTopics.map(([channel, message, summary]) => [
      channel,
      {
        address: `{prefix}.${channel}.{scheme}.{connection}${channel === 'readings' ? '.{name}' : ''}`,
        title: message,
        description: `${summary}. Published to the stream that settings.ingest.stream names.`,
        parameters: {
          prefix: { description: 'Key "settings.ingest.prefix" of the configuration', default: 'iota' },
          scheme: { description: 'Kind of the feed', enum: [...readingSchemes] },
          connection: { description: 'The configured connection name, escaped as one token' },
          ...(channel === 'readings'
            ? { name: { description: 'The name of the tag, one token or several, each escaped' } }
            : {}),
        },
        servers: [{ $ref: '#/servers/bus' }],
        messages: messageRefs([message]),
      },
    ]),
  );

const ingestOperations = () =>
  Object.fromEntries(
    ingestTopics.map(([channel, message, summary]) => [
      `publish${message}`,
      {
        action: 'send',
        channel: { $ref: `#/channels/${channel}` },
        summary,
        messages: [{ $ref: `#/channels/${channel}/messages/${message}` }],
      },
    ]),
  );

const ingestMessages = () =>
  Object.fromEntries(
    ingestTopics.map(([, message, summary]) => [
      message,
      { title: message, summary, contentType: 'application/json', headers: idHeader, payload: refTo(message) },
    ]),
  );
