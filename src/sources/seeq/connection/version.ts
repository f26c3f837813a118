/** Features that depend on the version of a server. */
import type { SourceCall } from '../../source.ts';
import { SMALL_BYTES } from './body-limits.ts';
import { answerOf, optionalText } from '../../../net/json-fields.ts';
import { type SeeqServer, shareKey } from './server.ts';

/** First release with continuation tokens. Earlier ones page by offset. */
const FIRST_WITH_TOKENS = 63;

/** The version in the answer of `/system/server-status`. Undefined if the server does not report it. */
export const versionOf = (status: unknown): string | undefined => optionalText(answerOf(status), 'version');

/** Text like `66.216.0-v202610231238-CD` or `R61.1.4`. Undefined if the server does not report it. */
export function majorVersion(version: string | undefined): number | undefined {
  const match = /^R?(\d+)\./.exec(version ?? '');
  return match ? Number(match[1]) : undefined;
}

/**
 * Whether a page without a token is the last one. Called only after a full page without a token. A server that does not
 * report its version is treated as an old one, so that nothing is lost.
 */
export async function pagesByToken(server: SeeqServer, call: SourceCall): Promise<boolean> {
  const major = await server.askFor(
    call,
    (client, signal) => client.GET('/system/server-status', { signal }),
    (status: unknown) => majorVersion(versionOf(status)),
    { open: true, share: shareKey('version'), limitBytes: SMALL_BYTES },
  );
  return major !== undefined && major >= FIRST_WITH_TOKENS;
}
