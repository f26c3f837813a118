/** Steering a running simulator: the same methods in the process and from another one. */
import { z } from 'zod';
import { OPERATIONS, type OperationId } from './http/description.ts';
import type { Faults } from './http/faults.ts';
import type { RequestLog, SeenRequest } from './http/request-log.ts';
import type { Sessions } from './http/sessions.ts';
import type { Fault, Behaviour } from './behaviour.ts';
import type { Plant } from './plant/plant.ts';

/** An item of the plant in short, to find ids by path. */
export interface PlantEntry {
  readonly id: string;
  readonly type: string;
  /** Names from the root joined by ` >> `. */
  readonly path: string;
}

export interface SimulatorControl {
  behaviour(): Promise<Behaviour>;
  /** Turns some behaviour and returns all. */
  set(behaviour: Partial<Behaviour>): Promise<Behaviour>;
  /** Arms a fault; several are tried in the order in which they were armed. */
  fail(fault: Fault): Promise<void>;
  /** Disarms all faults and lets hanging requests go. */
  heal(): Promise<void>;
  /** The requests seen, oldest first. */
  requests(): Promise<SeenRequest[]>;
  clearRequests(): Promise<void>;
  /** Forgets all sessions, as a restart does: every token is answered 401 from now on. */
  voidTokens(): Promise<void>;
  /** What is in the plant. */
  plant(): Promise<PlantEntry[]>;
}

export interface ControlParts {
  readonly behaviour: Behaviour;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly sessions: Sessions;
  readonly plant: Plant;
}

export function localControl(parts: ControlParts): SimulatorControl {
  return {
    behaviour: async () => ({ ...parts.behaviour }),
    set: async (behaviour) => ({ ...Object.assign(parts.behaviour, behaviour) }),
    fail: async (fault) => {
      parts.faults.arm(fault);
    },
    heal: async () => {
      parts.faults.heal();
    },
    requests: async () => parts.log.list().map((entry) => ({ ...entry })),
    clearRequests: async () => {
      parts.log.clear();
    },
    voidTokens: async () => {
      parts.sessions.voidAll();
    },
    plant: async () =>
      [...parts.plant.items.values()].map((item) => ({ id: item.id, type: item.type, path: parts.plant.pathOf(item) })),
  };
}

const MILLISECONDS = z.number().min(0).max(3_600_000);

/** What the control address takes as behaviour; every member is optional. */
export const BEHAVIOUR_SCHEMA = z
  .strictObject({
    absent: z.enum(['absent', 'null', 'mixed']),
    rotateToken: z.boolean(),
    rotateVoidsOld: z.boolean(),
    clockOffsetMs: z.number(),
    latencyMs: MILLISECONDS,
    jitterMs: MILLISECONDS,
    accessKeysExpired: z.boolean(),
    identityPath: z.string().regex(/^[\x20-\x7e]{0,500}$/, 'is no header value'),
    refuseUnknownParameters: z.boolean(),
    offlineDatasource: z.string().max(500),
    down: z.boolean(),
  })
  .partial();

const FAULT_SCOPE = {
  operation: z
    .custom<OperationId>((value) => OPERATIONS.some(({ id }) => id === value), 'is no operation of the description')
    .optional(),
  path: z.string().optional(),
  times: z.int().min(1).optional(),
  rate: z.number().min(0).max(1).optional(),
};

const STATUS = z.int().min(200).max(599);

/** What the control address takes as a fault. */
export const FAULT_SCHEMA = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: STATUS,
    body: z.boolean().optional(),
    retryAfter: z.string().optional(),
    ...FAULT_SCOPE,
  }),
  z.strictObject({ kind: z.literal('hang'), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('reset'), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('half'), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('slow'), bytes: z.int().min(1), pauseMs: MILLISECONDS, ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('mediaType'), mediaType: z.string(), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('html'), status: STATUS, ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('truncated'), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('message'), text: z.string().optional(), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('invalidJson'), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('huge'), bytes: z.int().min(1).max(1_000_000_000), ...FAULT_SCOPE }),
  z.strictObject({ kind: z.literal('latency'), ms: MILLISECONDS, ...FAULT_SCOPE }),
]);
