/** A stand-in for a Seeq server, in this process. */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { HANDLERS } from './answers/all.ts';
import { controlServer } from './control-server.ts';
import { localControl, type SimulatorControl } from './control.ts';
import { MEDIA_TYPE } from './http/description.ts';
import { badRequest, exchange } from './http/exchange.ts';
import { Faults } from './http/faults.ts';
import { RequestLog } from './http/request-log.ts';
import { ActiveRequests } from './http/running.ts';
import { Sessions } from './http/sessions.ts';
import { DEFAULT_OPTIONS, type SimulatorOptions } from './options.ts';
import { buildPlant } from './plant/example.ts';
import type { Plant } from './plant/plant.ts';

export interface SeeqSimulator {
  /** Origin of the API without `/api`, as in `http://127.0.0.1:34216`. */
  readonly url: string;
  /** Null where no control port was asked for; `control` works all the same. */
  readonly controlUrl: string | null;
  readonly control: SimulatorControl;
  readonly plant: Plant;
  /** Ends everything at once, open connections too. */
  stop(): Promise<void>;
}

/**
 * Starts a simulator and waits until it listens.
 * @param clock milliseconds since 1970; the data of the plant ends now, so a fixed clock fixes its newest values
 * @throws Error with `code` `EADDRINUSE` for a port that is taken
 */
export async function startSeeqSimulator(
  options: SimulatorOptions = {},
  clock: () => number = Date.now,
): Promise<SeeqSimulator> {
  const set = { ...DEFAULT_OPTIONS, ...options };
  const behaviour = { ...DEFAULT_OPTIONS.behaviour, ...options.behaviour };
  const serverClock = (): number => clock() + behaviour.clockOffsetMs;
  const plant = buildPlant(set.name, () => BigInt(Math.trunc(serverClock())) * 1_000_000n, set.extraTags);
  plant.offline = () => behaviour.offlineDatasource;
  const sessions = new Sessions(set.accounts, serverClock, set.sessionSeconds, () => behaviour.accessKeysExpired);
  const faults = new Faults();
  for (const fault of set.faults) faults.arm(fault);
  const log = new RequestLog(options.onRequest);
  const server = { plant, sessions, running: new ActiveRequests(), release: set.release, clock: serverClock };
  const control = localControl({ behaviour, faults, log, sessions, plant });

  const listener = exchange({ server, behaviour, faults, log, handlers: HANDLERS });
  const http =
    options.tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer(
          { cert: readFileSync(options.tls.certFile), key: readFileSync(options.tls.keyFile) },
          listener,
        );
  // Longer than clients keep their connections, so that none is closed under a request that is just being sent.
  http.keepAliveTimeout = 75_000;
  http.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end(badRequest());
    else socket.destroy();
  });
  // Node answers these by itself, without a body, unless somebody listens.
  http.on('checkExpectation', (_request, response: ServerResponse) => {
    const body = JSON.stringify({ statusMessage: 'The expectation of the header Expect cannot be met' });
    response.writeHead(417, { 'content-type': MEDIA_TYPE, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  http.on('connect', (_request, socket) => {
    socket.end(badRequest());
  });
  const scheme = options.tls === undefined ? 'http' : 'https';
  const url = await listen(http, scheme, set.host, set.port);

  const steering = options.controlPort === undefined ? undefined : controlServer(control, faults);
  let controlUrl: string | null = null;
  try {
    if (steering !== undefined) controlUrl = await listen(steering, 'http', set.host, options.controlPort ?? 0);
  } catch (error) {
    await close(http);
    throw error;
  }
  return {
    url,
    controlUrl,
    control,
    plant,
    stop: async () => {
      faults.heal();
      await Promise.all([close(http), ...(steering === undefined ? [] : [close(steering)])]);
    },
  };
}

async function listen(server: HttpServer, scheme: string, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

async function close(server: HttpServer): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
