/** A client of one driver: a typed method for each function, over the caller's own NATS connection. */
import { randomUUID } from 'node:crypto';
import type { ErrorBody } from '../contract/errors.ts';
import { functionTable } from '../contract/functions/table.ts';
import type { Request } from '../contract/request.ts';
import { type Answer, joinSeries } from './answer.ts';
import { ask, requestStream, type ResponseOptions, type NatsConnectionLike, newInbox } from './request.ts';
import type { AnswerFor, FreeFunctionName, FunctionName, MessageFor, ParamsFor } from './functions.ts';
import { type FollowedLease, followLease, type FollowOptions, type LeaseRequest } from './lease.ts';

/** Members of a request besides its function and parameters. */
type RequestOptions = Partial<Pick<Request, 'host' | 'timeoutMs' | 'user'>>;

export interface ClientOptions extends RequestOptions, Pick<ResponseOptions, 'inboxPrefix'> {
  /** The `reqtopic` of the driver. */
  topic: string;
}

export interface CallOptions extends RequestOptions, Pick<ResponseOptions, 'silenceMs'> {
  /** To cancel the request by; made if absent. */
  id?: string;
  /** Gives up when it is aborted, and cancels the request at the driver. */
  signal?: AbortSignal;
}

/** Parameters are needed only where the function has one without a default. */
type Arguments<Name extends FunctionName> = Name extends FreeFunctionName
  ? [params?: ParamsFor<Name>, options?: CallOptions]
  : [params: ParamsFor<Name>, options?: CallOptions];

/** A lease answers for as long as it lives, so it is followed instead of awaited. */
type AskedName = Exclude<FunctionName, 'eventpipepoll'>;

/**
 * Asks and resolves with the whole answer, also with one that says `error`: look at `status`. Rejects with `NoResponse`
 * or `IncompleteResponse` when there is no whole answer, and with the signal's reason.
 */
export type Methods = { readonly [Name in AskedName]: (...args: Arguments<Name>) => Promise<AnswerFor<Name>> };

export interface Client extends Methods {
  /** Yields an answer message by message, so that memory stays bounded however long a series is. */
  stream<Name extends FunctionName>(name: Name, ...args: Arguments<Name>): AsyncGenerator<MessageFor<Name>>;
  /** Follows values as they change, from lease to lease; iterate over the changes. */
  follow(request: LeaseRequest, options?: FollowOptions): FollowedLease;
  /** Any request, as the contract has it; pieces of series are joined. */
  ask(request: Request, options?: ResponseOptions): Promise<Answer>;
  /** The same, message by message. */
  requestStream(request: Request, options?: ResponseOptions): ReturnType<typeof requestStream>;
}

/** An item that failed, or a server that did, among the others. */
export function isFailure<Item extends object>(item: Item): item is Extract<Item, { error: ErrorBody | object }> {
  // An attribute of an asset has an error of its own, beside its name.
  return 'error' in item && ('index' in item || 'host' in item);
}

/** @param connection of NATS, of any version of its client; it stays the caller's, who closes it */
export function createClient(connection: NatsConnectionLike, options: ClientOptions): Client {
  const { topic, inboxPrefix, ...defaults } = options;
  const inbox = inboxPrefix === undefined ? {} : { inboxPrefix };
  const toRequest = (
    name: string,
    params: object = {},
    { silenceMs: _, signal: __, ...own }: CallOptions,
  ): Request => ({
    ...defaults,
    id: randomUUID(),
    // It takes any number of messages, so the driver can notice when this process is gone.
    keepAlive: true,
    ...own,
    function: name,
    params: params as Record<string, unknown>,
  });

  async function* stream(name: string, params?: object, call: CallOptions = {}) {
    const { silenceMs, signal } = call;
    const request = toRequest(name, params, call);
    const limits = { ...inbox, ...(silenceMs === undefined ? {} : { silenceMs }), ...(signal ? { signal } : {}) };
    let ended = false;
    try {
      for await (const message of requestStream(connection, topic, request, limits)) {
        ended = message.last;
        yield message;
      }
    } finally {
      // Who stops reading wants no more of it; a cancelled request frees its place at the servers.
      if (!ended) cancel(request);
    }
  }

  function cancel({ id }: Request): void {
    const request = { function: 'cancel', params: { request: id } };
    try {
      connection.publish(topic, Buffer.from(JSON.stringify(request)), { reply: newInbox(connection, inbox) });
    } catch {
      // The connection is gone; the request ends with its time budget.
    }
  }

  async function whole(name: string, params?: object, call: CallOptions = {}): Promise<Answer> {
    const { silenceMs, signal } = call;
    const limits = { ...inbox, ...(silenceMs === undefined ? {} : { silenceMs }), ...(signal ? { signal } : {}) };
    const request = toRequest(name, params, call);
    try {
      return joined(await ask(connection, topic, request, limits));
    } catch (error) {
      if (signal?.aborted === true) cancel(request);
      throw error;
    }
  }

  const methods = functionTable
    .filter(({ name }) => name !== 'eventpipepoll')
    .map(({ name }) => [name, (params?: object, call?: CallOptions) => whole(name, params, call)]);
  const client = {
    ...(Object.fromEntries(methods) as object),
    stream,
    follow: (request: LeaseRequest, follow: FollowOptions = {}) =>
      followLease(connection, topic, { ...whoAndWhere(defaults), ...request }, { ...inbox, ...follow }),
    ask: async (request: Request, call: ResponseOptions = {}) =>
      joined(await ask(connection, topic, { ...defaults, ...request }, { ...inbox, ...call })),
    requestStream: (request: Request, call: ResponseOptions = {}) =>
      requestStream(connection, topic, { ...defaults, ...request }, { ...inbox, ...call }),
  };
  // The table names the methods; that it names those of the type is tested.
  return client as unknown as Client;
}

const joined = (answer: Answer): Answer => ({ ...answer, items: joinSeries(answer.items) });

/** A lease has a length of its own in place of a time budget. */
const whoAndWhere = ({ host, user }: RequestOptions) => ({
  ...(host === undefined ? {} : { host }),
  ...(user === undefined ? {} : { user }),
});
