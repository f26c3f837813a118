import { controlSubject } from '../bus/driver-subjects.ts';
import type { Config } from '../config/config.ts';
import { readingSubjects } from '../ingest/reading.ts';

/** First part of the subjects of readings, where no other is configured. */
const DEFAULT_PREFIX = 'iota';

/**
 * Patterns of every subject that belongs to the driver itself by its configuration: what it listens to and what it
 * publishes on. No caller may have an answer sent there.
 */
export function ownSubjects(config: Config): string[] {
  const { reqtopic, healthtopic, metricstopic, statstopic, logstopic, ingest } = config;
  const telemetry = [healthtopic, metricstopic, statstopic, logstopic].filter((topic) => topic !== undefined);
  return [
    ...[reqtopic, controlSubject(reqtopic), `${controlSubject(reqtopic)}.>`],
    ...telemetry,
    // Without feeds of its own too: another driver of the cluster takes in the readings.
    ...readingSubjects(ingest?.prefix ?? DEFAULT_PREFIX),
  ];
}
