/** Seeq servers as a kind of source. */
import { proxyText } from '../../config/proxy.ts';
import type { TextSource } from '../../net/tls.ts';
import { sourceKind } from '../kind.ts';
import { rootOf, serverSchema, type ServerConfig } from './config.ts';
import type { SeeqCredentials } from './connection/session.ts';
import { SeeqSource } from './source.ts';

export const seeq = sourceKind({
  schema: serverSchema,
  description: 'The Seeq servers; at least one, unless `ingest` brings device data in.',

  open(server, setting) {
    const { url, credentials, concurrency, queueLimit, ...rest } = server;
    const source = new SeeqSource({
      ...{ ...rest, ...setting },
      url: rootOf(url),
      credentials: credentialsOf(credentials),
      connections: concurrency,
    });
    return { source, concurrency, queueLimit };
  },

  summary({ url, credentials, proxy }) {
    const login = credentials.accessKey === undefined ? `user of directory ${directoryOf(credentials)}` : 'access key';
    return `${rootOf(url)} (${login})${proxyText(proxy)}`;
  },
});

/** Seeq's own directory is called "Seeq". */
const directoryOf = ({ directory = 'Seeq' }: ServerConfig['credentials']): string => directory;

/** The schema ensures that there is one of the two forms. */
function credentialsOf(given: ServerConfig['credentials']): SeeqCredentials {
  const { accessKey, user = '', password } = given;
  if (accessKey !== undefined) return { kind: 'accessKey', accessKey, password };
  return { kind: 'user', user: sourceOf(user), password, directory: directoryOf(given) };
}

const sourceOf = (text: string | TextSource): TextSource => (typeof text === 'string' ? { reveal: () => text } : text);
