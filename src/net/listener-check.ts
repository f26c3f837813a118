/** The test of an HTTP listener: its certificate, and whether its port is free or taken by the running driver. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { problemOf, type PartsReport } from '../checks/check.ts';
import type { Health } from '../contract/health.ts';
import { failureText, readPair, type ListenerPlace } from './http-listener.ts';

/** @param running the running drivers that listen there if they are on this machine */
export async function checkListener(
  place: ListenerPlace,
  running: Promise<readonly Health[]>,
  report: PartsReport,
): Promise<void> {
  const { tls } = place.config;
  if (tls !== undefined) {
    try {
      await report.within(() => readPair(tls));
      report.ok('certificate', 'it belongs to the key');
    } catch (error) {
      report.failed('certificate', problemOf(error));
    }
  }
  await checkPort(place, running, report);
}

async function checkPort(
  place: ListenerPlace,
  running: Promise<readonly Health[]>,
  report: PartsReport,
): Promise<void> {
  const { host, port } = place.config;
  const server = createServer((socket) => socket.destroy());
  try {
    await report.within(async (signal) => {
      server.listen({ port, ...(host === undefined ? {} : { host }) });
      await once(server, 'listening', { signal });
    });
    report.ok('port', 'free');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const drivers = code === 'EADDRINUSE' ? await running : [];
    const owner = drivers.find(({ instance }) => instance.startsWith(`${hostname()}-`));
    if (owner !== undefined) report.ok('port', `in use by the running driver ${owner.instance}`);
    else report.failed('port', { message: failureText(error, place), reason: code });
  } finally {
    server.close();
  }
}
