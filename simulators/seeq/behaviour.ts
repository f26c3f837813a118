/** Settings that can change while the simulator runs: they make it slow, wrong or unavailable on demand. */
import type { OperationId } from './http/description.ts';

/**
 * Something that goes wrong with an answer. A call that is answered by `status`, `html` or `huge` is not done: nobody is
 * logged in, no token is renewed, and no header of the good answer is sent.
 */
export type FaultKind =
  /** Answer this status; without `body: false` with an error body, with `retryAfter` with that header. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: boolean; readonly retryAfter?: string }
  /** Never answer; the connection stays open until the caller or `heal` ends it. */
  | { readonly kind: 'hang' }
  /** Reset the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Send the head and about half of the body, then close the connection. */
  | { readonly kind: 'half' }
  /** Send the body in pieces of so many bytes, with a pause after each. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly pauseMs: number }
  /** Answer rightly, but with this content type. */
  | { readonly kind: 'mediaType'; readonly mediaType: string }
  /** The page of a proxy before the server. */
  | { readonly kind: 'html'; readonly status: number }
  /** Whole answer as the length says, but the JSON ends early. */
  | { readonly kind: 'truncated' }
  /** Status 200 with nothing but a message, as a server says that it has cancelled its work. */
  | { readonly kind: 'message'; readonly text?: string }
  /** Not JSON at all. */
  | { readonly kind: 'invalidJson' }
  /** A valid error answer with so many bytes of text in it. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** Answer this much later. */
  | { readonly kind: 'latency'; readonly ms: number };

export type Fault = FaultKind & {
  /** Only this operation, by the `operationId` of the description. */
  readonly operation?: OperationId;
  /** Only requests whose path contains this text. */
  readonly path?: string;
  /** So many times, then never again; without it until healed. */
  readonly times?: number;
  /** Share of the matching requests, from 0 to 1; by a fixed sequence, not by chance. */
  readonly rate?: number;
};

export interface Behaviour {
  /** How members without a value are written. `mixed` alternates from answer to answer. */
  absent: 'absent' | 'null' | 'mixed';
  /** Every answer to a caller with a session carries a fresh token in `x-sq-auth`. */
  rotateToken: boolean;
  /** The old token stops working when a fresh one is sent. */
  rotateVoidsOld: boolean;
  /** Shift of the clock of the simulated server in milliseconds. */
  clockOffsetMs: number;
  /** Every answer comes so much later, and up to `jitterMs` more by a fixed sequence. */
  latencyMs: number;
  jitterMs: number;
  /** No access key is accepted any more, as when its owner has not logged in for too long. Sessions go on. */
  accessKeysExpired: boolean;
  /** Sent in `x-sq-identity-path` with a log-in, for callers to send back; empty sends none. From R63 on. */
  identityPath: string;
  /** Query parameters that do not exist are refused (400) instead of ignored. */
  refuseUnknownParameters: boolean;
  /** Datasource ID of a source whose connector does not answer: its samples and capsules are refused; empty for none. */
  offlineDatasource: string;
  /** No connection is usable: each is reset, as when the server is down behind a live host. */
  down: boolean;
}

export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
  absent: 'absent',
  rotateToken: false,
  rotateVoidsOld: false,
  clockOffsetMs: 0,
  latencyMs: 0,
  jitterMs: 0,
  accessKeysExpired: false,
  identityPath: '',
  refuseUnknownParameters: true,
  offlineDatasource: '',
  down: false,
};
