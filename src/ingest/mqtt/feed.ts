import type { IngestConfig } from '../../config/config.ts';
import type { Feed } from '../feed.ts';
import type { FeedTools } from '../ingest.ts';

/** One configured broker. */
export function openMqttFeed(_broker: IngestConfig['mqtt'][number], _tools: FeedTools): Feed {
  throw new Error('not there yet');
}
