/**
 * The bus permissions that the driver, its callers and the readers of its readings need. This is the one source of the
 * page `docs/permissions.md`, of the command `permissions`, and of the users with which the tests run.
 */
import { controlSubject, SERVICE_NAME, type BusUse, type ReadingsUse } from './driver-subjects.ts';

/** One subject that a user may publish on or subscribe to. */
export interface Right {
  readonly operation: 'publish' | 'subscribe';
  /** A subject or a subject pattern in the form that nats-server accepts. */
  readonly subject: string;
  /** Why the user needs it. */
  readonly purpose: string;
}

/** Default inbox prefix of the NATS clients. A caller may choose another. */
export const DEFAULT_INBOX = '_INBOX';

/**
 * The permissions of the driver's user: only what it uses.
 * @param inboxes subjects below which callers receive their answers
 */
export function driverRights(use: BusUse, inboxes: readonly string[] = [DEFAULT_INBOX]): Right[] {
  const control = controlSubject(use.reqtopic);
  return [
    subscribe(use.reqtopic, 'requests'),
    subscribe(control, 'requests of other replicas'),
    subscribe(`${control}.>`, 'replies of other replicas and of the server, and questions of `check` for the health'),
    subscribe('$SRV.*', 'service discovery'),
    subscribe(`$SRV.*.${SERVICE_NAME}`, 'service discovery by name'),
    subscribe(`$SRV.*.${SERVICE_NAME}.*`, 'service discovery by id'),
    ...unique(inboxes).map((inbox) => publish(`${inbox}.>`, 'answers')),
    publish(control, 'requests to other replicas'),
    publish(`${control}.>`, 'replies to other replicas and to `check`'),
    ...unique(use.topics).map((topic) => publish(topic, 'telemetry')),
    ...(use.readings === undefined ? [] : readingsRights(use.readings)),
  ];
}

function readingsRights({ subjects, stream, consumers }: ReadingsUse): Right[] {
  const streams = unique(
    [stream, ...consumers.map((consumer) => ({ name: consumer.stream }))].flatMap((one) => one?.name ?? []),
  );
  return [
    ...subjects.map((subject) => publish(subject, 'readings and dead letters')),
    ...streams.map((name) => publish(`$JS.API.STREAM.INFO.${name}`, 'information on the stream')),
    ...(stream?.create === true ? [publish(`$JS.API.STREAM.CREATE.${stream.name}`, 'creation of the stream')] : []),
    ...consumers.flatMap(consumerRights),
  ];
}

/**
 * Patterns of the bus subjects that belong to the driver itself: every subject it has a right to, except those of its
 * callers and of the server.
 */
export const ownSubjects = (use: BusUse): string[] =>
  unique(driverRights(use, []).map(({ subject }) => subject)).filter((subject) => !subject.startsWith('$'));

/** The permissions of a program that sends requests to the driver and receives the answers below `inbox`. */
export function callerRights({ reqtopic }: BusUse, inbox = DEFAULT_INBOX): Right[] {
  return [publish(reqtopic, 'requests'), subscribe(`${inbox}.>`, 'answers')];
}

/**
 * The permissions of a program that reads a stream of readings through one durable consumer and subscribes to live
 * readings.
 */
export function readerRights({ subjects, stream }: ReadingsUse, durable: string, inbox = DEFAULT_INBOX): Right[] {
  const [readings = ''] = subjects;
  return [
    subscribe(readings, 'readings as they are published'),
    ...(stream === undefined
      ? []
      : [
          subscribe(`${inbox}.>`, 'replies of the server, and readings of the stream'),
          publish(`$JS.API.STREAM.INFO.${stream.name}`, 'information on the stream'),
          ...consumerRights({ stream: stream.name, durable, filter: readings }),
        ]),
  ];
}

/** Permissions to create, read and acknowledge one durable consumer, with this filter only. */
function consumerRights({ stream, durable, filter }: ReadingsUse['consumers'][number]): Right[] {
  const consumer = `${stream}.${durable}`;
  return [
    publish(`$JS.API.CONSUMER.INFO.${consumer}`, 'information on the consumer'),
    publish(`$JS.API.CONSUMER.CREATE.${consumer}${filter === '>' ? '' : `.${filter}`}`, 'creation of the consumer'),
    publish(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, 'messages of the stream'),
    publish(`$JS.ACK.${consumer}.>`, 'acknowledgements'),
    // Later servers can be set to write a domain and an account before the name of the stream.
    publish(`$JS.ACK.*.*.${consumer}.>`, 'acknowledgements, in the longer form of later servers'),
  ];
}

const publish = (subject: string, purpose: string): Right => ({ operation: 'publish', subject, purpose });
const subscribe = (subject: string, purpose: string): Right => ({ operation: 'subscribe', subject, purpose });
const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
