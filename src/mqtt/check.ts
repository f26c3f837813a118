/**
 * The connection test of an MQTT broker: the client of the driver, ended after its first result. It has a client id of
 * its own and no session, so that it neither ends the connection of a running driver nor changes what the broker keeps.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PartTimeout, problemOf, type CheckGroup, type PartsReport } from '../checks/check.ts';
import {
  connectionSteps,
  reportSteps,
  type ConnectionResult,
  type ConnectionStep,
  type FailedStep,
} from '../checks/steps.ts';
import type { Logger } from '../contract/log.ts';
import { openBrokerClient, type BrokerClient, type Subscription } from './client.ts';
import { attemptFacts, openSocket, readFresh, type AttemptOptions } from './dial.ts';
import { attemptFailure, type BrokerError, type BrokerErrorCode } from './errors.ts';

export interface BrokerCheck {
  /** Those that follow from the configuration. */
  readonly options: AttemptOptions;
  readonly subscriptions: readonly Subscription[];
  /** Topics on which messages are published. */
  readonly publications?: readonly string[];
  /** Why the broker prescribes the client id, if it is known to. */
  readonly prescribed?: string | undefined;
  /** Permission to log in with the client id of the driver. */
  readonly takeOver: boolean;
}

/** A broker as a group of its own. */
export const brokerGroup = ({ name, ...check }: BrokerCheck & { readonly name: string }): CheckGroup => ({
  kind: 'Feed',
  name,
  run: (report) => checkBroker(check, report),
});

const SUBSCRIPTION = 'subscription';

/** The step at which an attempt failed. */
const STEP_OF: Record<BrokerErrorCode, ConnectionStep> = {
  nothingListens: 'connection',
  unknownHost: 'connection',
  unreachable: 'connection',
  timeout: 'connection',
  closed: 'connection',
  notMqtt: 'connection',
  keepAlive: 'connection',
  ended: 'connection',
  other: 'connection',
  untrusted: 'TLS',
  expired: 'TLS',
  hostMismatch: 'TLS',
  certificateRefused: 'TLS',
  tlsFailed: 'TLS',
  fileUnreadable: 'TLS',
  credentials: 'log-in',
  loginRefused: 'log-in',
  versionRefused: 'log-in',
  clientIdRefused: 'log-in',
  unavailable: 'log-in',
  takenOver: 'log-in',
  subscriptionRefused: 'log-in',
};

/** Reports connection, TLS, log-in and each subscription. */
export async function checkBroker(check: BrokerCheck, report: PartsReport): Promise<void> {
  if (check.prescribed !== undefined && !check.takeOver) {
    await checkWithoutLogin(check, report);
    return;
  }
  const { options, takeOver } = check;
  const clientId = takeOver ? options.clientId : ownClientId(options.clientId);
  const own = new Map(check.subscriptions.map((one) => [takeOver ? one.filter : withOwnGroup(one.filter), one]));
  const warnings = new Map<string | undefined, string>();
  const settled = Promise.withResolvers<undefined>();
  const client = openBrokerClient({
    ...options,
    ...{ clientId, clean: !takeOver, connectTimeoutMs: Math.min(options.connectTimeoutMs, 0.9 * report.limitMs) },
    // Few messages arrive before the check ends. They are not acknowledged, so a kept session loses none of them.
    receiveMaximum: 20,
    onMessage: ({ qos }) => (qos === 0 ? Promise.resolve() : new Promise(() => undefined)),
    subscriptions: () => Array.from(own, ([filter, { qos }]) => ({ filter, qos })),
    full: () => false,
    whenReady: () => Promise.resolve(),
    onState: ({ state }) => {
      if (state === 'up' || state === 'refused' || state === 'down') settled.resolve(undefined);
    },
    logger: collecting(warnings),
  });
  try {
    await report.within(async () => {
      client.start();
      await settled.promise;
    });
    reportResult(check, client, own, warnings, report);
  } catch (error) {
    if (!(error instanceof PartTimeout)) throw error;
    if (client.metrics.connections === 0) reportFailure(check, { at: 'connection', problem: problemOf(error) }, report);
    else {
      reportSteps(report, stepsOf(options));
      report.failed(SUBSCRIPTION, problemOf(error));
    }
  } finally {
    await client.stop(0);
  }
}

function reportResult(
  check: BrokerCheck,
  client: BrokerClient,
  own: ReadonlyMap<string, Subscription>,
  warnings: ReadonlyMap<string | undefined, string>,
  report: PartsReport,
): void {
  const { options, takeOver } = check;
  const { lastProblem: problem } = client;
  const filters = [...own].map(([filter, original]) => ({ filter, item: original.filter }));
  if (client.metrics.connections === 0) {
    reportProblem(check, problem, report);
    return;
  }
  reportSteps(report, stepsOf(options));
  for (const { filter, item } of filters) {
    const message = problem?.message ?? client.problemOf(filter);
    const warning = warnings.get(filter);
    const hint = takeOver ? '' : ` ${idHint(options)}`;
    if (message !== undefined) {
      report.failed(SUBSCRIPTION, {
        item,
        reason: problem?.code ?? 'subscriptionRefused',
        message: `${message}${hint}`,
      });
    } else if (warning !== undefined) report.warning(SUBSCRIPTION, { item, message: warning });
    else report.ok(SUBSCRIPTION, undefined, item);
  }
  const other = warnings.get(undefined);
  if (other !== undefined) report.warning('session', { message: other });
  if (filters.length === 0 && problem !== undefined) report.failed('log-in', problemOf(problem));
  reportPublications(check, report);
}

/** The result of a connection, unless it has failed. */
function stepsOf(options: AttemptOptions): ConnectionResult {
  const { tls: encrypted, where } = attemptFacts(options);
  return { encrypted, facts: { connection: where, 'log-in': `MQTT ${options.version}` } };
}

function reportProblem(check: BrokerCheck, problem: BrokerError | undefined, report: PartsReport): void {
  const { options, takeOver } = check;
  const { code = 'other', message = 'The connection failed for an unknown reason.' } = problem ?? {};
  if (code === 'clientIdRefused' && !takeOver) {
    reportWithoutLogin(check, "The broker does not take a client id of the check's own", report);
    return;
  }
  const hint = code === 'loginRefused' && !takeOver ? ` ${idHint(options)}` : '';
  const before = code === 'credentials' || code === 'fileUnreadable';
  reportFailure(check, { at: STEP_OF[code], problem: { message: `${message}${hint}`, reason: code }, before }, report);
}

function reportFailure(check: BrokerCheck, failure: FailedStep, report: PartsReport): void {
  reportSteps(report, { ...stepsOf(check.options), failure });
  notTriedFilters(check, report, failure.at);
}

/** Connection and TLS are well. The log-in was not tried. */
function reportWithoutLogin(check: BrokerCheck, why: string, report: PartsReport): void {
  const { encrypted, facts } = stepsOf(check.options);
  report.ok('connection', facts?.connection);
  if (encrypted) report.ok('TLS');
  report.notTried('log-in', `${why}. ${prescribedHint(check.options)}`);
  notTriedFilters(check, report, 'log-in');
}

function notTriedFilters({ subscriptions, publications = [] }: BrokerCheck, report: PartsReport, at: string): void {
  if (subscriptions.length > 0) report.notTriedAfter(at, [SUBSCRIPTION]);
  if (publications.length > 0) report.notTriedAfter(at, ['publication']);
}

/** A test message would reach the buyers of a product. */
function reportPublications({ publications = [] }: BrokerCheck, report: PartsReport): void {
  for (const topic of publications) {
    report.notTried('publication', 'A message of the test would reach the readers of this topic.', topic);
  }
}

const idHint = ({ clientId }: AttemptOptions): string =>
  `The check logged in with a client id of its own. If the broker prescribes "${clientId}", try it with --take-over.`;

const prescribedHint = ({ clientId }: AttemptOptions): string =>
  `A log-in with the configured one, "${clientId}", would end the connection of a running driver. Allow it with --take-over.`;

/** Connection and TLS alone, as far as they can be tried without a log-in. */
async function checkWithoutLogin(check: BrokerCheck, report: PartsReport): Promise<void> {
  const { options, prescribed = '' } = check;
  const facts = attemptFacts(options);
  if (facts.webSocket) {
    const why = `${prescribed}. ${prescribedHint(options)}`;
    for (const step of connectionSteps) report.notTried(step, why);
    notTriedFilters(check, report, 'log-in');
    return;
  }
  try {
    await report.within(async (signal) => {
      const socket = openSocket(options, await readFresh(options, facts));
      try {
        await once(socket, facts.tls ? 'secureConnect' : 'connect', { signal });
      } finally {
        socket.on('error', () => undefined);
        socket.destroy();
      }
    });
    reportWithoutLogin(check, prescribed, report);
  } catch (error) {
    if (error instanceof PartTimeout) reportFailure(check, { at: 'connection', problem: problemOf(error) }, report);
    else reportProblem(check, attemptFailure(error, facts), report);
  }
}

/** Short enough for every broker of MQTT 3.1.1 (section 3.1.3.1). */
const ownClientId = (clientId: string): string => `${clientId.slice(0, 10)}-check-${randomBytes(3).toString('hex')}`;

/** A shared subscription in its own group, so that the check takes no message away from the running drivers. */
const withOwnGroup = (filter: string): string =>
  filter.replace(/^\$share\/[^/]+\//, `$share/check${randomBytes(4).toString('hex')}/`);

/** Keeps warnings by the filter that they are about. */
function collecting(warnings: Map<string | undefined, string>): Logger {
  const nothing = (): void => undefined;
  return {
    ...{ debug: nothing, info: nothing, notice: nothing, error: nothing },
    warn: (facts, message) => {
      const { filter } = facts as { filter?: unknown };
      warnings.set(typeof filter === 'string' ? filter : undefined, `${message}.`);
    },
  };
}
