/** What the driver serves over HTTP: all routes, behind one guard. */
import type { Logger } from '../contract/log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { HttpConfig } from './config.ts';
import { Guard } from './guard.ts';
import { livez } from './probes.ts';
import { HttpServer } from './server.ts';

export interface HttpOptions {
  readonly config: HttpConfig;
  /** One for each request topic. */
  readonly telemetry: readonly Telemetry[];
  readonly logger: Logger;
}

/** Creates the server. It listens after `start`. */
export function openHttp({ config, logger }: HttpOptions): HttpServer {
  const guard = new Guard(config);
  return new HttpServer({ config, guard, logger, routes: [livez] });
}
