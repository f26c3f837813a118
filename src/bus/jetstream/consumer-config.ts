/**
 * The required settings of a durable consumer: every message of the stream is delivered complete, and again until it is
 * acknowledged. Also decides what to do about an existing consumer with other settings.
 */
import { AckPolicy, ReplayPolicy, type ConsumerConfig } from 'nats';

/** The settings that depend on the configuration. */
export interface SettingsRequirements {
  /** Name of the consumer. */
  readonly durable: string;
  /** Subject pattern. */
  readonly filter: string;
  /** Most messages that may be delivered and not acknowledged. */
  readonly inFlight: number;
  /** Time in milliseconds after which an unacknowledged message is redelivered. */
  readonly ackWaitMs: number;
}

/** Later servers have more settings than the client's type. */
export type Settings = Partial<ConsumerConfig> & {
  readonly filter_subjects?: readonly string[];
  readonly priority_policy?: string;
};

export interface SettingsCheck {
  /** Reasons why the consumer cannot be used. Each text names the setting and the right value. */
  readonly wrong: readonly string[];
  /** Settings that the driver corrected, in the same words. */
  readonly corrected: readonly string[];
  readonly changes: Partial<ConsumerConfig>;
}

/** The description marks a consumer that this driver created. */
const DESCRIPTION = 'Readings on their way out, published by iota-seeqdrv';

export const settingsOf = ({
  durable,
  filter,
  inFlight,
  ackWaitMs,
}: SettingsRequirements): Partial<ConsumerConfig> => ({
  durable_name: durable,
  description: DESCRIPTION,
  filter_subject: filter,
  ack_policy: AckPolicy.Explicit,
  max_deliver: -1,
  ...windowOf({ inFlight, ackWaitMs }),
});

const windowOf = ({ inFlight, ackWaitMs }: Pick<SettingsRequirements, 'inFlight' | 'ackWaitMs'>) => ({
  max_ack_pending: inFlight,
  ack_wait: ackWaitMs * 1e6,
});

/**
 * Checks the settings of an existing consumer. The in-flight limit and the ack wait are adapted. A setting that loses
 * messages is corrected in a consumer that the driver created, if the server allows it. Otherwise the consumer is not
 * used.
 */
export function checkSettings(settings: Settings, requirements: SettingsRequirements): SettingsCheck {
  const window = windowOf(requirements);
  const isAdapted = settings.max_ack_pending === window.max_ack_pending && settings.ack_wait === window.ack_wait;
  const broken = rules.filter(({ setting, isRight }) => !isRight(settings[setting]));
  const ours = settings.description === DESCRIPTION;
  const correctable = broken.filter(({ fixed = false }) => ours && !fixed);
  const refused = broken.filter((rule) => !correctable.includes(rule));
  const describe = ({ setting, consequence, right }: Rule): string =>
    `has ${setting} ${JSON.stringify(settings[setting])}, so that ${consequence}; it must be ${JSON.stringify(right)}`;
  return {
    wrong: [...wrongSubjects(settings, requirements), ...refused.map(describe)],
    corrected: correctable.map(describe),
    changes: {
      ...(isAdapted && correctable.length === 0 ? {} : window),
      ...Object.fromEntries(correctable.map(({ setting, right }) => [setting, right])),
    },
  };
}

/** A consumer with other subjects has another purpose. Messages that it skipped are lost silently. */
function wrongSubjects(
  { filter_subject: one, filter_subjects: several = [] }: Settings,
  { filter }: SettingsRequirements,
) {
  const subjects = one === undefined ? several : [one];
  if (subjects.length === 1 && subjects[0] === filter) return [];
  return [
    `reads ${subjects.length === 0 ? 'all subjects' : subjects.join(' and ')} and not ${filter} (filter_subject)`,
  ];
}

interface Rule {
  readonly setting: keyof Settings;
  readonly isRight: (value: unknown) => boolean;
  readonly right: unknown;
  /** What happens to messages with another value. */
  readonly consequence: string;
  /** The server does not always allow a change. */
  readonly fixed?: true;
}

const isEmpty = (value: unknown): boolean => value === undefined || value === '';
const isUnbounded = (value: unknown): boolean => typeof value !== 'number' || value <= 0;

const rules: readonly Rule[] = [
  {
    setting: 'deliver_subject',
    isRight: isEmpty,
    right: '',
    consequence: 'the server sends messages without a request',
    fixed: true,
  },
  {
    setting: 'ack_policy',
    isRight: (value) => value === AckPolicy.Explicit,
    right: AckPolicy.Explicit,
    consequence: 'messages that are not processed yet count as read',
    fixed: true,
  },
  {
    setting: 'replay_policy',
    isRight: (value) => value !== ReplayPolicy.Original,
    right: ReplayPolicy.Instant,
    consequence: 'messages arrive only as fast as they were stored',
    fixed: true,
  },
  {
    setting: 'mem_storage',
    isRight: (value) => value !== true,
    right: false,
    consequence: 'a restart of the NATS server loses its position',
    fixed: true,
  },
  {
    setting: 'priority_policy',
    isRight: (value) => isEmpty(value) || value === 'none',
    right: 'none',
    consequence: 'it is for several readers',
    fixed: true,
  },
  {
    setting: 'max_deliver',
    isRight: isUnbounded,
    right: -1,
    consequence: 'messages that are not acknowledged are dropped after some deliveries',
  },
  {
    setting: 'backoff',
    isRight: (value) => !Array.isArray(value) || value.length === 0,
    right: [],
    consequence: 'other delays than ack_wait apply',
  },
  {
    setting: 'headers_only',
    isRight: (value) => value !== true,
    right: false,
    consequence: 'messages arrive without their content',
  },
  {
    setting: 'inactive_threshold',
    isRight: isUnbounded,
    right: 0,
    consequence: 'the server deletes it, with its position, while it is not read',
  },
];
