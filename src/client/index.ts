/** `iota-seeqdrv/client`: sends requests to a driver over any NATS connection. */
export { type Answer, IncompleteResponse, joinSeries } from './answer.ts';
export {
  type ResponseOptions,
  sendRequest,
  requestStream,
  type NatsConnectionLike,
  type NatsMessage,
  NoResponse,
} from './request.ts';
export { type CallOptions, type Client, type ClientOptions, createClient, isFailure } from './client.ts';
export type { AnswerFor, FunctionName, ItemFor, MessageFor, ParamsFor } from './functions.ts';
export { FollowedLease, followLease, type FollowOptions, type LeaseItem, type LeaseRequest } from './lease.ts';
export { RequestRefused } from './lease-session.ts';
export { type Fqn, formatFqn, parseFqn } from '../contract/fqn.ts';
export { readingFqn, readingSubject } from '../contract/reading-subject.ts';
export type { AnswerMessage, AnswerMeta } from '../contract/answer.ts';
export { type ErrorBody, type ErrorCode, errorCodes } from '../contract/errors.ts';
export type { Request } from '../contract/request.ts';
