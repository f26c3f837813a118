/** Publishes telemetry: the newest state of something, of which a lost message is made good by the next. */
import type { BusConnection } from './connection.ts';
import { publishSubject } from './subject.ts';

export interface TopicPublisher {
  readonly subject: string;
  /** Messages that could not be published, because there was no connection or they were too large. */
  readonly dropped: number;
  /** Publishes a value as JSON; false when it was dropped. Never throws and never waits. */
  publish(value: object): boolean;
}

/** Throws when the subject is not one to publish on. */
export function topicPublisher(connection: BusConnection, subject: string): TopicPublisher {
  const checked = publishSubject(subject);
  let dropped = 0;
  return {
    subject: checked,
    get dropped() {
      return dropped;
    },
    publish: (value) => {
      try {
        const nc = connection.nats;
        const body = Buffer.from(JSON.stringify(value), 'utf8');
        if (nc !== undefined && body.length <= (nc.info?.max_payload ?? 0)) {
          nc.publish(checked, body);
          return true;
        }
      } catch {
        // Telemetry must not disturb what it tells of; the count below tells of it.
      }
      dropped++;
      return false;
    },
  };
}
