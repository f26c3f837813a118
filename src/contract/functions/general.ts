/** Functions of type GENERAL: about the driver and its servers. */
import { z } from 'zod';
import { requestId } from '../request.ts';
import { driverHealth } from '../health.ts';
import { failedHost, failedItem, itemsParam, propertyValue, searchParams } from './common.ts';
import { defineFunction, noParams } from './define.ts';

/** Abilities that a source may have. */
export const abilityNames = ['search', 'describe', 'assets', 'lists', 'snapshot', 'history', 'timeframes'] as const;
export type AbilityName = (typeof abilityNames)[number];

export const version = defineFunction({
  name: 'version',
  type: 'GENERAL',
  description: "The driver's version and the version of each server",
  params: noParams,
  item: z.object({
    driver: z.string(),
    version: z.string(),
    type: z.literal('seeq'),
    contract: z.number().int().describe('Version of the bus contract'),
    instance: z.string().describe('Id of this process among the replicas'),
    started: z.string().describe('ISO 8601 UTC'),
    hosts: z.array(z.object({ name: z.string(), version: z.string().nullable() })),
  }),
});

export const functions = defineFunction({
  name: 'functions',
  type: 'GENERAL',
  description: 'Every function of the contract, whether this driver serves it, and its parameters',
  params: noParams,
  item: z.object({
    name: z.string(),
    type: z.enum(['GENERAL', 'SEARCH', 'DATA', 'DATAHISTORY']),
    description: z.string(),
    supported: z.boolean(),
    reason: z.string().optional().describe('Why it is not supported'),
    params: z.record(z.string(), z.unknown()).optional().describe('JSON Schema of the parameters'),
    limits: z.record(z.string(), z.number()).optional().describe('Configured limits that apply'),
    ability: z.enum(abilityNames).optional().describe('The ability that a server needs for it; absent: none'),
    hosts: z.array(z.string()).optional().describe('The servers that have the ability; present with `ability`'),
  }),
});

export const hostStates = ['up', 'down', 'unauthorized'] as const;

export const hosts = defineFunction({
  name: 'hosts',
  type: 'GENERAL',
  description: 'State, version and latency of the configured servers, probed at this moment',
  params: noParams,
  item: z.union([
    z.object({
      name: z.string(),
      scheme: z.string().describe('First part of the FQNs of its items'),
      url: z.string(),
      abilities: z
        .array(z.enum(abilityNames))
        .describe('What the server supports; the function `functions` lists which functions need each ability'),
      state: z.enum(hostStates),
      version: z.string().nullable(),
      latencyMs: z.number().nullable().describe('Of one small call to the server'),
      message: z.string().optional().describe('The problem and its remedy'),
    }),
    failedHost,
  ]),
});

export const health = defineFunction({
  name: 'health',
  type: 'GENERAL',
  description:
    'Health of the driver, as it is published on healthtopic: the bus, every server, the stream and every feed of device ' +
    'data, with the problem and its remedy. Of several replicas one answers, and lists the others',
  params: noParams,
  item: driverHealth,
});

/** Parameters of the lists of search filters. */
const listParams = z.strictObject({
  query: searchParams.query,
  limit: searchParams.limit,
  cursor: searchParams.cursor,
});

const listed = {
  host: z.string(),
  id: z.string().describe('For parameter "datasource" or "workbook" of a search'),
  name: z.string(),
  displayName: z.string().describe('Name with the connection name as prefix'),
  description: z.string().optional(),
};

export const datasources = defineFunction({
  name: 'datasources',
  type: 'GENERAL',
  description: 'Datasources of the servers, to narrow a search',
  params: listParams,
  item: z.union([
    z.object({
      ...listed,
      datasourceClass: z.string().optional().describe('Kind of the underlying system, as Seeq names it'),
      datasourceId: z.string().optional().describe('Id of the datasource in the underlying system'),
    }),
    failedHost,
  ]),
});

export const workbooks = defineFunction({
  name: 'workbooks',
  type: 'GENERAL',
  description: 'Workbooks of the servers, to narrow a search',
  params: listParams,
  item: z.union([z.object(listed), failedHost]),
});

export const describe = defineFunction({
  name: 'describe',
  type: 'GENERAL',
  description: 'Metadata of given FQNs, all properties included',
  params: z.strictObject({ items: itemsParam }),
  item: z.union([
    z.object({
      index: z.number().int().min(0).describe("Position in the request's items"),
      fqn: z.string(),
      kind: z.enum(['signal', 'scalar', 'asset', 'condition']),
      name: z.string(),
      displayName: z.string(),
      description: z.string().optional(),
      path: z.array(z.string()).describe('Names of the assets above, root first'),
      hasChildren: z.boolean(),
      unit: z.string().optional(),
      valueType: z.enum(['number', 'string']).optional(),
      interpolation: z.string().optional(),
      datasource: z.string().optional(),
      properties: z.record(z.string(), propertyValue),
    }),
    failedItem,
  ]),
});

export const cancel = defineFunction({
  name: 'cancel',
  type: 'GENERAL',
  description: 'Stops requests and leases by their id, on all replicas',
  params: z.strictObject({
    request: requestId.describe('Id of the request; all running requests with this id are stopped, of any caller'),
  }),
  item: z.object({
    request: z.string(),
    cancelled: z.boolean().describe('False: no request with this id is running'),
  }),
});

export const writedata = defineFunction({
  name: 'writedata',
  type: 'GENERAL',
  description: 'Writes values to FQNs',
  params: noParams,
  item: failedHost,
  unsupported: 'The Seeq driver only reads; it never writes to a server.',
});
