/** A broken set-up as a row of a table: what is broken, and what `check` must say about it and about the rest. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { CheckMark } from '../../../src/checks/result.ts';
import { startNatsServer, type NatsServer, type NatsServerOptions } from '../../support/nats/index.ts';
import { partsOf, type Draft, type NamedPart, type Parts, type SetUp } from './set-up.ts';

export interface BrokenSetUp {
  readonly name: string;
  /** Breaks it, and returns the configuration. */
  readonly break: (draft: Draft, parts: Parts) => object | Promise<object>;
  /** Begins the name of the group that is broken; a function for one whose name the test finds out. */
  readonly group: string;
  readonly part: string;
  /** The subject, filter or tag. */
  readonly item?: string;
  /** Default: failed. */
  readonly mark?: Extract<CheckMark, 'failed' | 'warning'>;
  readonly reason?: string;
  readonly cause: RegExp;
  readonly remedy: RegExp;
  /** Groups that depend on what is broken. */
  readonly dependents?: readonly string[];
  readonly args?: readonly string[];
}

/** Breaks the set-up, and compares what `check` reports of each part. */
export async function verify(broken: BrokenSetUp, setUp: SetUp): Promise<void> {
  const healthy = partsOf(await setUp.healthy());
  const changed = await broken.break(setUp.draft(), setUp.parts);
  const { code, report, text } = await setUp.check(changed, ...(broken.args ?? []));
  expect(report.configuration.problems).toEqual([]);
  const parts = partsOf(report);
  const { part, item, mark = 'failed', reason } = broken;

  const found = parts.find(
    (one) => isIn(one, broken.group) && one.part === part && one.mark === mark && (item ?? one.item) === one.item,
  );
  expect(found, text).toBeDefined();
  if (reason !== undefined) expect(found?.reason).toBe(reason);
  expect(found?.message).toMatch(broken.cause);
  expect(found?.message).toMatch(broken.remedy);
  expect(code).toBe(mark === 'failed' ? 1 : 0);
  expect(report.result).toBe(mark === 'failed' ? 'failed' : 'ok');

  // What is not broken is as well as before, in its own group too, or was not tried because it needs what is broken.
  const { dependents = [] } = broken;
  for (const one of parts) {
    if (one === found || dependents.some((group) => isIn(one, group))) continue;
    if (isIn(one, broken.group) && (one.mark === 'not tried' || one.part === part)) continue;
    expect({ ...one, was: wellBefore(one, healthy) }).toMatchObject({ mark: wellBefore(one, healthy) });
  }
  for (const one of healthy) {
    if (isIn(one, broken.group) || dependents.some((group) => isIn(one, group))) continue;
    expect(parts.map(keyOf), keyOf(one)).toContain(keyOf(one));
  }
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

const SECRETS = ['simulator-access-secret', 'hall-password', 'key-of-the-driver', 'seneye-secret', 'a-wrong-secret'];

const isIn = ({ group }: NamedPart, wanted: string): boolean => group.startsWith(wanted);

/** Addresses change with what is broken. */
const keyOf = ({ group, part, item = '' }: NamedPart): string =>
  [group.replace(/ \(?https?:.*/, ''), part, item].join(' | ');

const wellBefore = (part: NamedPart, healthy: readonly NamedPart[]): CheckMark =>
  healthy.find((one) => keyOf(one) === keyOf(part))?.mark ?? 'ok';

/** A TCP server that answers every connection as it is told; ends with the test. Returns its port. */
export function portOf(answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listening(server);
}

/** An HTTP server; ends with the test. Returns its root. */
export async function webServer(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Ends with the test. */
export async function natsForTest(options: NatsServerOptions): Promise<NatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}
