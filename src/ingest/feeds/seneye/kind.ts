/** The receiver of seneye's Local Data Exchange as a kind of feed: one listener for all senders. */
import { isIPv6 } from 'node:net';
import { feedKind } from '../../kind.ts';
import { checkSeneye } from './check.ts';
import { seneyeSchema, type SeneyeConfig } from './config.ts';
import { openSeneyeFeed } from './feed.ts';

export const seneye = feedKind({
  schema: seneyeSchema.optional().describe('The listener that seneye devices post to.'),
  open: (listener, tools) => (listener === undefined ? [] : [openSeneyeFeed(listener, tools)]),
  check: (listener, tools) => (listener === undefined ? [] : [checkSeneye(listener, urlOf(listener), tools)]),
  summary: (listener) =>
    listener === undefined
      ? []
      : [`seneye: ${urlOf(listener)} for ${listener.sources.map(({ source }) => source).join(', ')}`],
});

/** The URL that users enter in the senders. */
function urlOf({ host, port, path, tls }: SeneyeConfig): string {
  const address = host === undefined ? '<this machine>' : isIPv6(host) ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${address}:${port}${path}`;
}
