/** State and version of the server. */
import type { Handlers, Server } from '../http/call.ts';
import { unitsByDimension } from '../series/units.ts';

/** Version text: of release 66 as its clients attest it, of others in the same form. */
export function versionOf(release: number): string {
  if (release === 66) return '66.216.0-v202610231238-CD';
  // Older releases wrote an R before the number. [Inferred: clients take it as optional.]
  return `${release < 64 ? 'R' : ''}${release}.0.0-v000000000000-SIMULATOR`;
}

function statusOf(server: Server) {
  return {
    version: versionOf(server.release),
    timeZone: 'UTC 00:00',
    atUserLimit: false,
    isDataLabAvailable: false,
    seeqGptEnabled: false,
    defaultMaxInterpolation: { value: 2, uom: 'h', isUncertain: false },
    defaultMaxCapsuleDuration: { value: 2, uom: 'd', isUncertain: false },
    configurationOptions: [],
    serverSpecs: [{ componentName: 'Simulator', message: `Simulated plant ${server.plant.name}` }],
    priorities: [],
  };
}

export const systemHandlers: Handlers = {
  get_server_status: ({ server }) => ({ body: statusOf(server) }),
  get_build_info: () => ({ body: { sourceCommit: 'simulator' } }),
  get_open_ping: () => ({ body: { statusMessage: 'The simulated server is up' } }),
  get_ping: () => ({ body: { statusMessage: 'The simulated server is up and the session is valid' } }),
  get_supported_units: () => ({ body: { units: unitsByDimension() } }),
};
