/** Platforms of IoT Open as a kind of feed. */
import { normalize } from 'node:path';
import { OwnFile, Reference } from '../../../config/references.ts';
import { proxyText } from '../../../config/proxy.ts';
import { listRule } from '../../../config/rules.ts';
import { namedList } from '../../../config/uniqueness.ts';
import { hideSecrets } from '../../../lib/wording/shown-value.ts';
import { feedKind } from '../../kind.ts';
import { checkIotOpen } from './check.ts';
import { iotOpenSchema, type IotOpenFile } from './config.ts';
import { brokerUrlOf } from './connection.ts';
import { openIotOpenFeed } from './feed.ts';

export const iotopen = feedKind({
  schema: namedList(iotOpenSchema)
    .check(tokenFileRule())
    .describe('IoT Open platforms (Lynx), one entry for each connection.'),
  open: (platforms, tools) => platforms.map((platform) => openIotOpenFeed(platform, tools, tools.stream.repeatableMs)),
  summary: (platforms) =>
    platforms.map(({ name, url, proxy }) => `iotopen ${name}: ${hideSecrets(url)}${proxyText(proxy)}`),
  check: (platforms, tools) => platforms.map((platform) => checkIotOpen(platform, tools)),
  brokerUse: (entry) => ({ url: brokerUrlOf(entry), clientId: entry.mqtt.clientId, session: ['mqtt'] }),
});

/** The driver overwrites the token file, so the file must not contain another secret or another connection's token. */
function tokenFileRule() {
  return listRule<IotOpenFile>((platforms, report) => {
    const files = platforms.flatMap((platform, at) =>
      report.isValid(at, 'credentials')
        ? Object.entries(platform.credentials).flatMap(([key, value]) => {
            const file = value instanceof OwnFile ? value.path : value instanceof Reference ? value.file : undefined;
            return file === undefined ? [] : [{ file: normalize(file), key, path: [at, 'credentials', key] }];
          })
        : [],
    );
    for (const [at, { file, key, path }] of files.entries()) {
      if (key !== 'tokenFile') continue;
      const other = files.find((one, index) => one.file === file && (one.key === key ? index < at : index !== at));
      if (other === undefined) continue;
      const message = `is also the file of ${report.at(...other.path)}; the token that is written into it would replace what is there`;
      report.problem(path, message);
    }
  });
}
