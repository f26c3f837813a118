/** How a simulator is set up. Everything has a default that suits a laptop. */
import type { Account } from './http/sessions.ts';
import { DEFAULT_ACCOUNTS } from './http/sessions.ts';
import type { SeenRequest } from './http/request-log.ts';
import { DEFAULT_BEHAVIOUR, type Fault, type Behaviour } from './behaviour.ts';

export interface SimulatorOptions {
  /** Name of the plant; seeds all ids and values. */
  readonly name?: string;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** Port of the control address; off without it. */
  readonly controlPort?: number;
  /** Seeq release to behave like, 58 to 66; from 63 on pages have continuation tokens. */
  readonly release?: number;
  /** Who may log in, in place of the default accounts. */
  readonly accounts?: readonly Account[];
  /** Life of a session in seconds, absolute. */
  readonly sessionSeconds?: number;
  /** Number of further signals besides those of the example plant. */
  readonly extraTags?: number;
  /** Files with certificate and key in PEM; the API is then served over TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly behaviour?: Partial<Behaviour>;
  /** Armed from the start, in this order. */
  readonly faults?: readonly Fault[];
  /** Called for every request when it ends; only in this process. */
  readonly onRequest?: (request: SeenRequest) => void;
}

export const DEFAULT_OPTIONS = {
  name: 'Example',
  host: '127.0.0.1',
  /** The port of a Seeq server on premises. */
  port: 34216,
  release: 66,
  accounts: DEFAULT_ACCOUNTS,
  sessionSeconds: 86_400,
  extraTags: 0,
  behaviour: DEFAULT_BEHAVIOUR,
  faults: [],
} as const satisfies SimulatorOptions;
