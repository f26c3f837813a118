/** The connection test of a NATS server: one attempt, made as the driver makes it. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { PartTimeout, problemOf, type PartsReport } from '../../checks/check.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { dial, readIdentity, type DialOptions } from './dial.ts';
import type { OpenedConnection } from './dialer.ts';
import { BusError, type BusErrorCode } from './errors.ts';

const STEPS = ['name', 'connection', 'TLS', 'log-in', 'version'] as const;
type Step = (typeof STEPS)[number];

/** The step at which an attempt failed. The server's greeting is part of the connection. */
const STEP_OF: Record<BusErrorCode, Step> = {
  unknownHost: 'name',
  refused: 'connection',
  unreachable: 'connection',
  timeout: 'connection',
  closedByServer: 'connection',
  notNats: 'connection',
  serverError: 'connection',
  lost: 'connection',
  stale: 'connection',
  other: 'connection',
  tlsNotOffered: 'TLS',
  tlsRequired: 'TLS',
  untrusted: 'TLS',
  expired: 'TLS',
  hostMismatch: 'TLS',
  tlsFailed: 'TLS',
  caUnreadable: 'TLS',
  authentication: 'log-in',
  keyUnusable: 'log-in',
};

/** Reports the steps of one attempt. Returns the connection, which the caller closes. */
export async function checkServer(
  server: ServerAddress,
  options: DialOptions,
  report: PartsReport,
): Promise<OpenedConnection | undefined> {
  const opened = await attempt(server, options, report);
  report.notTried('clock', 'NATS reports no time, so its clock is not compared.');
  return opened;
}

async function attempt(
  server: ServerAddress,
  options: DialOptions,
  report: PartsReport,
): Promise<OpenedConnection | undefined> {
  let identity;
  try {
    identity = await report.within(() => readIdentity(options));
  } catch (error) {
    // Nothing was connected yet.
    const at = stepOf(error);
    for (const step of STEPS) {
      if (step === at) report.failed(step, problemOf(error));
      else report.notTriedAfter(at, [step]);
    }
    return undefined;
  }
  const started = performance.now();
  const addresses = addressesOf(server.host);
  try {
    const nc = await report.within((signal) => dial(server, options, identity, signal));
    report.ok('name', await addresses);
    report.ok('connection', `${formatAddress(server)}, ${Math.round(performance.now() - started)} ms`);
    if (options.tls === 'insecure')
      report.notTried('TLS', 'The configuration allows plain TCP (settings.bus.insecure).');
    else report.ok('TLS', `its certificate is trusted and names "${options.tls.serverName ?? server.tlsName}"`);
    report.ok('log-in', `user ${identity.publicKey}`);
    report.ok('version', `${nc.info?.version}, ${nc.info?.server_name}`);
    return { nc, server, identity };
  } catch (error) {
    const at = STEPS.indexOf(stepOf(error));
    for (const step of STEPS.slice(0, at)) report.ok(step, step === 'name' ? await addresses : undefined);
    report.failed(STEPS[at] ?? 'connection', problemOf(error));
    report.notTriedAfter(stepOf(error), STEPS.slice(at + 1));
    return undefined;
  }
}

function stepOf(error: unknown): Step {
  if (error instanceof BusError) return STEP_OF[error.code];
  if (error instanceof PartTimeout) return 'connection';
  throw error;
}

/** The addresses of a host name, for people. The attempt itself resolves the name again. */
async function addressesOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const found = await withTimeout(
    LOOKUP_MS,
    lookup(host, { all: true }).catch(() => []),
  );
  return (found ?? []).map(({ address }) => address).join(', ');
}

const LOOKUP_MS = 2000;
