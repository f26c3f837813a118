import type { BusUse, ReadingsUse } from '../bus/driver-subjects.ts';
import { ownSubjects } from '../bus/rights.ts';
import type { TopKeys } from '../config/schema.ts';
import { DEFAULT_PREFIX, type IngestFile } from '../ingest/config.ts';
import { durableOf } from '../ingest/egress/topic-publisher.ts';
import { readingSubjects } from '../contract/reading-subject.ts';

/** The part of a configuration that determines the use of the bus. It contains no secret. */
export interface BusUseConfig extends Pick<
  TopKeys,
  'reqtopic' | 'healthtopic' | 'metricstopic' | 'enablemetrics' | 'statstopic' | 'logstopic'
> {
  readonly audit?: { readonly topic?: string | undefined } | undefined;
  readonly ingest?: ReadingsConfig | undefined;
}

type ReadingsConfig = Pick<IngestFile, 'prefix'> & {
  readonly stream: Pick<IngestFile['stream'], 'mode' | 'name' | 'create'>;
  readonly egress: readonly {
    readonly name: string;
    readonly publish: readonly Pick<IngestFile['egress'][number]['publish'][number], 'durable' | 'subject' | 'topic'>[];
  }[];
};

/** The bus features that a driver with this configuration uses. */
export function busUseOf(config: BusUseConfig): BusUse {
  const { reqtopic, healthtopic, metricstopic, enablemetrics, statstopic, logstopic, audit, ingest } = config;
  const topics = [healthtopic, enablemetrics ? metricstopic : undefined, statstopic, logstopic, audit?.topic];
  return {
    reqtopic,
    topics: topics.filter((topic) => topic !== undefined),
    ...(ingest === undefined ? {} : { readings: readingsUse(ingest) }),
  };
}

/**
 * Patterns of every subject to which no answer may be sent, because this driver or another one of the cluster
 * subscribes or publishes there. They apply even if this driver has no metrics or feeds.
 */
export function subjectsWithoutAnswers(config: BusUseConfig): string[] {
  const use = busUseOf({ ...config, enablemetrics: true });
  const readings = use.readings ?? { subjects: readingSubjects(DEFAULT_PREFIX), consumers: [] };
  return ownSubjects({ ...use, readings });
}

function readingsUse({ prefix, stream, egress }: ReadingsConfig): ReadingsUse {
  const { mode, name, create } = stream;
  return {
    subjects: readingSubjects(prefix),
    ...(mode === 'core' ? {} : { stream: { name, create } }),
    consumers: egress.flatMap((seller) =>
      seller.publish.map((entry) => ({
        stream: name,
        durable: durableOf(seller.name, entry),
        filter: entry.subject,
      })),
    ),
  };
}
