/** Steers a simulator in another process by its control address. */
import { request } from 'undici';
import type { PlantEntry, SimulatorControl } from './control.ts';
import type { SeenRequest } from './http/request-log.ts';
import type { Behaviour } from './behaviour.ts';

/** @param url the control address, as in `http://127.0.0.1:40001` */
export function remoteControl(url: string): SimulatorControl {
  const call = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> => {
    const answer = await request(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const content: unknown = await answer.body.json();
    if (answer.statusCode !== 200)
      throw new Error(`the simulator refused ${method} ${path}: ${JSON.stringify(content)}`);
    return content;
  };
  return {
    behaviour: async () => (await call('GET', '/behaviour')) as Behaviour,
    set: async (behaviour) => (await call('PATCH', '/behaviour', behaviour)) as Behaviour,
    fail: async (fault) => {
      await call('POST', '/faults', fault);
    },
    heal: async () => {
      await call('DELETE', '/faults');
    },
    requests: async () => (await call('GET', '/requests')) as SeenRequest[],
    clearRequests: async () => {
      await call('DELETE', '/requests');
    },
    voidTokens: async () => {
      await call('DELETE', '/sessions');
    },
    plant: async () => (await call('GET', '/plant')) as PlantEntry[],
  };
}
