/** Endpoints are a list: each has its topic and its kinds of sources, and they share one connection. */
import { expect, it, onTestFinished } from 'vitest';
import { configSchemaOf } from '../../../src/app/configuration.ts';
import { DriverEndpoint, endpointsOf } from '../../../src/app/endpoints.ts';
import { sourceKinds } from '../../../src/app/source-kinds.ts';
import { sendRequest } from '../../../src/client/request.ts';
import { good, loadWith, server } from '../../support/config.ts';
import { busForTest, callerForTest, serverForTest } from '../bus/support.ts';
import { toy } from './toy/kind.ts';

const FIRST = 'north.mill.seeq.request';
const SECOND = 'north.mill.toy.request';

it('serve their own sources on their own topics', async () => {
  const nats = await serverForTest();
  const bus = busForTest(nats);
  const toys = [{ name: 'box', values: { duck: 3 } }];
  const file = good({ reqtopic: FIRST }, { servers: [server()], toys });
  const { config } = await loadWith(configSchemaOf({ ...sourceKinds, toys: toy }), file);
  const setting = {
    ...{ config, bus, log: bus.log, userAgent: 'test', version: '1.0.0', instance: 'test' },
    started: new Date().toISOString(),
  };
  const list = [
    ...endpointsOf(config),
    { driverType: 'toy', description: 'Toys', topic: SECOND, sources: { toys: toy } },
  ];
  const endpoints = list.map((options) => new DriverEndpoint(options, setting));
  onTestFinished(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.drain(0)));
    await Promise.all(endpoints.map(({ hosts }) => hosts.close()));
  });
  expect(endpoints.map(({ topic, hosts }) => [topic, hosts.all.map(({ source }) => source.name)])).toEqual([
    [FIRST, ['plant-a']],
    [SECOND, ['box']],
  ]);
  await bus.connected();

  const caller = await callerForTest(nats);
  const items = ['toy:box/signal/duck'];
  const snapshot = { id: '1', function: 'snapshot', params: { items } } as const;
  expect(await sendRequest(caller, SECOND, snapshot)).toMatchObject({ status: 'ok', items: [{ value: 3 }] });
  expect(await sendRequest(caller, FIRST, snapshot)).toMatchObject({ error: { code: 'unknownHost' } });
  const services = await Array.fromAsync(await caller.services.client().info('iota-seeqdrv'));
  expect(services.map(({ metadata }) => metadata?.driverType).toSorted()).toEqual(['seeq', 'toy']);
});
