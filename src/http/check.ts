/** The test of the HTTP server: its certificate and its port. */
import type { CheckGroup } from '../checks/check.ts';
import type { Health } from '../contract/health.ts';
import { checkListener } from '../net/listener-check.ts';
import type { HttpConfig } from './config.ts';
import { NAMES } from './server.ts';

export function checkHttp(config: HttpConfig, running: Promise<readonly Health[]>): CheckGroup {
  const { address: host, port, tls } = config;
  return {
    kind: 'HTTP server',
    name: `${host}:${port}`,
    run: (report) => checkListener({ config: { host, port, tls }, names: NAMES }, running, report),
  };
}
