import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, type Caller } from './testing.ts';

const AREA_A = 'Utilities >> Chiller 1';
const AREA_B = 'Utilities >> Chiller 2';

describe('swapping assets in the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const hourly = idOf(`${AREA_A} >> Temperature Hourly`);
  const swap = async (id: string, ...pairs: { swapIn?: string; swapOut?: string }[]) =>
    get(`/items/${id}/swap`, { method: 'POST', body: pairs });
  const samples = async (id: string) =>
    (
      (await get(`/signals/${id}/samples`, { query: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' } }))
        .body as Models['GetSamplesOutputV1']
    ).samples;

  it('gives the same calculation on another asset, once, with the data of that asset', async () => {
    const { dependencies } = (await get(`/items/${hourly}/dependencies`)).body as Models['ItemDependencyOutputV1'];
    const swapOut = dependencies[0]?.ancestors?.at(-1)?.id;
    expect(swapOut).toBe(idOf(AREA_A));
    const made = (await swap(hourly, { swapIn: idOf(AREA_B), swapOut: idOf(AREA_A) })).body as Models['ItemPreviewV1'];
    expect(made).toMatchObject({ name: 'Temperature Hourly', type: 'CalculatedSignal' });
    expect(await samples(made.id)).toEqual(await samples(idOf(`${AREA_B} >> Temperature Hourly`)));
    const again = await swap(hourly, { swapIn: idOf(AREA_B), swapOut: idOf(AREA_A) });
    expect(again.body).toEqual(made);
    expect((await get(`/signals/${made.id}`)).body).toMatchObject({
      formula: '$t.resample(1h)',
      parameters: [{ item: { id: idOf(`${AREA_B} >> Temperature`) } }],
    });
  });

  it('leaves alone what no pair is about, and refuses what has no counterpart', async () => {
    const other = { swapIn: idOf(AREA_B), swapOut: idOf('Example >> Cooling Tower 2 >> Area D') };
    expect((await swap(hourly, other)).body).toMatchObject({ id: hourly });
    expect((await swap(hourly, { swapIn: idOf('Packaging >> Line 1'), swapOut: idOf(AREA_A) })).status).toBe(400);
    expect((await swap(hourly)).status).toBe(400);
    expect((await swap(hourly, { swapIn: idOf(AREA_B) })).status).toBe(400);
    expect((await swap(idOf(AREA_A), other)).status).toBe(400);
    expect((await swap(hourly, { swapIn: idOf('Nothing'), swapOut: idOf(AREA_A) })).status).toBe(404);
  });

  it('lists what could be swapped in', async () => {
    const options = async (id: string) =>
      (
        (await get(`/items/${hourly}/swapOptions`, { query: { swapOutItemIds: [id] } }))
          .body as Models['SwapOptionListV1']
      ).swapOptions?.[0];
    const areas = await options(idOf(AREA_A));
    expect(areas?.itemsWithSwapPairs?.map(({ item, parameterMatch }) => [item.name, parameterMatch])).toEqual([
      ['Chiller 2', 1],
    ]);
    expect(areas?.invalidSwapOuts).toEqual([]);
    expect((await options(idOf('Packaging >> Line 1')))?.invalidSwapOuts).toHaveLength(1);
  });
});
