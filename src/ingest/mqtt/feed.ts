import type { IngestConfig } from '../../config/config.ts';
import type { Feed, FeedTools } from '../feed.ts';

/** One configured broker. */
export function openMqttFeed(_broker: IngestConfig['mqtt'][number], _tools: FeedTools): Feed {
  throw new Error('not there yet');
}
