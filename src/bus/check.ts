/** The connection tests of the bus: each server, the rights of the driver's user, the stream, and a running driver. */
import { formatAddress, parseAddress } from './connection/address.ts';
import type { CheckGroup, PartsReport } from '../checks/check.ts';
import type { Health } from '../contract/health.ts';
import type { BusOptions } from './connection/connection.ts';
import { checkServer } from './connection/check.ts';
import { tryRights, unusedSubject, type TriedAction } from './connection/check-rights.ts';
import type { OpenedConnection } from './connection/dialer.ts';
import { discoveryText, isDiscovery, permissionText } from './connection/permission-errors.ts';
import { clientInbox, controlSubject, type BusUse } from './driver-subjects.ts';
import { checkStreamFor } from './jetstream/check.ts';
import type { StreamRequirements } from './jetstream/stream-monitor.ts';
import { askHealth } from './requests/health-query.ts';
import { driverRights, type Right } from './rights.ts';

export interface BusCheckOptions {
  readonly bus: BusOptions;
  readonly use: BusUse;
  /** Below these subjects callers receive their answers. */
  readonly inboxes: readonly string[];
  /** Undefined without feeds, or with core NATS. */
  readonly stream: StreamRequirements | undefined;
}

export interface BusCheck {
  readonly groups: readonly CheckGroup[];
  /** The health of the drivers on the request topic. Empty if there is none, or it cannot be asked. */
  readonly running: Promise<readonly Health[]>;
  /** Closes the connections. */
  close(): Promise<void>;
}

const NO_CONNECTION = 'There is no connection to a NATS server.';

/** Longest time of one connection attempt. As long as that of the driver, unless a part has less. */
const CONNECT_MS = 10_000;
/** So that an attempt reports its own timeout before the part ends. */
const PART_OF_LIMIT = 0.9;

export function checkBus({ bus, use, inboxes, stream }: BusCheckOptions): BusCheck {
  const { servers, seed, name, tls } = bus;
  const inboxPrefix = clientInbox(use.reqtopic);
  const serverName = tls === 'insecure' ? undefined : tls.serverName;
  const opened: Promise<OpenedConnection | undefined>[] = [];
  const running = Promise.withResolvers<readonly Health[]>();

  const serverGroups = servers.map((text): CheckGroup => {
    const server = parseAddress(text, serverName);
    const { promise, resolve } = Promise.withResolvers<OpenedConnection | undefined>();
    opened.push(promise);
    return {
      kind: 'NATS server',
      name: formatAddress(server),
      run: async (report) => {
        try {
          const connectTimeoutMs = Math.min(CONNECT_MS, PART_OF_LIMIT * report.limitMs);
          resolve(await checkServer(server, { name, seed, tls, connectTimeoutMs, inboxPrefix }, report));
        } finally {
          resolve(undefined);
        }
      },
    };
  });
  /** The first server in the order of the configuration that can be used. */
  const connection = Promise.all(opened).then((all) => all.find((one) => one !== undefined)?.nc);
  const groupOf = (kind: string, groupName: string, run: CheckGroup['run']): CheckGroup => ({
    kind,
    name: groupName,
    run,
  });

  const groups = [
    ...serverGroups,
    groupOf('NATS user', 'rights', async (report) => {
      const nc = await connection;
      const rights = driverRights(use, inboxes);
      if (nc === undefined) {
        for (const part of Object.values(PART_OF)) report.notTried(part, NO_CONNECTION);
        return;
      }
      const actions = rights.map(actionOf);
      const results = await report.within(() => tryRights(nc, actions, unusedSubject(`${inboxPrefix}.*`)));
      for (const [at, right] of rights.entries()) reportRight(report, right, results[at]);
    }),
    ...(stream === undefined
      ? []
      : [
          groupOf('NATS stream', stream.name, async (report) => {
            const nc = await connection;
            if (nc === undefined) report.notTried('stream', NO_CONNECTION);
            else await checkStreamFor(nc, stream, report);
          }),
        ]),
    groupOf('Driver', use.reqtopic, async (report) => {
      try {
        const nc = await connection;
        if (nc === undefined) report.notTried('health', NO_CONNECTION);
        else running.resolve(await reportRunning(report, () => askHealth(nc, controlSubject(use.reqtopic))));
      } finally {
        running.resolve([]);
      }
    }),
  ];
  return {
    groups,
    running: running.promise,
    close: async () => {
      for (const one of await Promise.all(opened)) await one?.nc.close();
    },
  };
}

const PART_OF = { subscribe: 'right to subscribe', publish: 'right to publish' } as const;

const actionOf = ({ operation, subject }: Right): TriedAction => ({
  operation,
  subject: operation === 'publish' ? unusedSubject(subject) : subject,
});

function reportRight(
  report: PartsReport,
  { operation, subject }: Right,
  result: 'allowed' | 'refused' | undefined,
): void {
  const part = PART_OF[operation];
  if (result === 'allowed') report.ok(part, undefined, subject);
  else if (result === undefined)
    report.notTried(part, 'This NATS server would deliver the message of the test.', subject);
  else if (isDiscovery(subject))
    report.warning(part, { item: subject, reason: 'permission', message: `${discoveryText(subject)}.` });
  else report.failed(part, { item: subject, reason: 'permission', message: permissionText({ operation, subject }) });
}

/** A running driver is not part of the set-up that is checked, so its state fails no part. */
async function reportRunning(report: PartsReport, ask: () => Promise<readonly Health[]>): Promise<readonly Health[]> {
  const drivers = await report.within(ask);
  if (drivers.length === 0) report.notTried('health', 'No driver runs on this request topic, or it may not answer.');
  for (const { instance, version, state, reasons, started } of drivers) {
    const facts = `${state}; version ${version}, since ${started}`;
    if (state === 'ok') report.ok('health', facts, instance);
    else report.warning('health', { item: instance, reason: state, message: reasons.join(' ') }, facts);
  }
  return drivers;
}
