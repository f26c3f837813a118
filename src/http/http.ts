/** What the driver serves over HTTP: all routes, behind one guard. */
import type { Logger } from '../contract/log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { HttpConfig } from './config.ts';
import { Guard } from './guard.ts';
import { metricsRoute } from './metrics/route.ts';
import { pageUrl } from './page/url.ts';
import { LOGIN_PATH } from './page/login.ts';
import { SENEYE_PATH, StatusPage, type StatusPageOptions } from './page/page.ts';
import { probeRoutes } from './probes.ts';
import { HttpServer } from './server.ts';

export interface HttpOptions {
  readonly config: HttpConfig;
  /** One for each request topic. */
  readonly telemetry: readonly Telemetry[];
  readonly logger: Logger;
  readonly page: Pick<StatusPageOptions, 'problems' | 'readings' | 'handle'>;
}

/** The server and what it serves. */
export interface Http {
  /** See `HttpServer`. */
  start(): void;
  stop(): Promise<void>;
  /**
   * The URL of the view for seneye devices, for a browser at this address. Undefined if there is none that it can reach.
   * It has nothing from the browser's request.
   */
  seneyeUrl(browserAddress: string | undefined): string | undefined;
}

/** Creates the server. It listens after `start`. */
export function openHttp({ config, logger, telemetry, page: sources }: HttpOptions): Http {
  const guard = new Guard(config);
  // The first one also has what the process has once.
  const [first] = telemetry;
  const page = first && new StatusPage({ guard, telemetry: first, ...sources });
  const routes = [...probeRoutes(telemetry), metricsRoute(telemetry), ...(page?.routes() ?? [])];
  const server = new HttpServer({ config, guard, logger, routes, loginPath: LOGIN_PATH });
  return {
    start: () => {
      server.start();
    },
    stop: async () => {
      page?.stop();
      await server.stop();
    },
    seneyeUrl: (browserAddress) => pageUrl(config, server.address?.port, SENEYE_PATH, browserAddress),
  };
}
