/** What a handler of an operation gets and gives, typed from the API description. */
import type { operations } from '../../../src/sources/seeq/seeq-api.generated.ts';
import type { Work } from '../algebra/work.ts';
import type { Plant } from '../plant/plant.ts';
import type { MEDIA_TYPE, OperationId } from './description.ts';
import type { Session, Sessions } from './sessions.ts';
import type { ActiveRequest, ActiveRequests } from './running.ts';

type Media = typeof MEDIA_TYPE;
type Parameters<O extends OperationId, Where extends 'path' | 'query'> =
  operations[O]['parameters'] extends Partial<Record<Where, infer P>>
    ? [NonNullable<P>] extends [never]
      ? unknown
      : NonNullable<P>
    : unknown;

export type AnswerOf<O extends OperationId> = operations[O]['responses'][200] extends {
  content: Record<Media, infer A>;
}
  ? A
  : undefined;

export type BodyOf<O extends OperationId> = operations[O] extends {
  requestBody: { content: Record<Media, infer B> };
}
  ? B
  : undefined;

/** The simulated server as the handlers see it. */
export interface Server {
  readonly plant: Plant;
  readonly sessions: Sessions;
  readonly running: ActiveRequests;
  readonly release: number;
  /** Milliseconds since 1970 on the clock of the simulated server. */
  readonly clock: () => number;
}

export interface Call<O extends OperationId = OperationId> {
  readonly server: Server;
  /** Path and query parameters by name; no operation has one of each with the same name. */
  readonly parameters: Parameters<O, 'path'> & Parameters<O, 'query'>;
  readonly body: BodyOf<O>;
  /** Of the caller; undefined in operations that need none. */
  readonly session: Session | undefined;
  readonly token: string | undefined;
  /** This request in the list of those that run. */
  readonly running: ActiveRequest;
  /** Members without value are written as null in this answer. */
  readonly nulls: boolean;
  /** The whole address below `/api`, without the parameters that only choose the page. */
  readonly address: string;
}

/** A successful answer: a body, the work that makes one, or the text of one piece by piece, with headers. */
export interface Reply<Body> {
  readonly body?: Body;
  /** Makes the body in steps, so that others have their turn meanwhile. */
  readonly work?: Work<Body>;
  /** Pieces of JSON text, made as they are sent. */
  readonly text?: Iterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler<O extends OperationId> = (call: Call<O>) => Reply<AnswerOf<O>>;

export type Handlers = { readonly [O in OperationId]?: Handler<O> };
