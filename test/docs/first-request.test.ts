/** The example of a first request with the client library runs against a whole cluster. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differences, type ExampleCluster, startExampleCluster } from '../examples/cluster.ts';
import { runTypeScriptExample } from '../examples/typescript.ts';

let cluster: ExampleCluster;
beforeAll(async () => {
  cluster = await startExampleCluster();
});
afterAll(() => cluster.stop());

it('the example runs', async () => {
  expect(differences(await runTypeScriptExample(cluster))).toEqual([]);
});
