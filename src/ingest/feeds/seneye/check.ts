/** The test of the listener for seneye. */
import type { CheckGroup } from '../../../checks/check.ts';
import { checkListener } from '../../../net/listener-check.ts';
import type { FeedCheckTools } from '../../kind.ts';
import type { SeneyeConfig } from './config.ts';
import { NAMES } from './feed.ts';

export function checkSeneye(config: SeneyeConfig, url: string, { running }: FeedCheckTools): CheckGroup {
  return {
    kind: 'Feed',
    name: `seneye ${url}`,
    run: async (report) => {
      const listening = running.then((drivers) => drivers.filter(({ feeds = [] }) => feeds.some(isListening)));
      await checkListener({ config, names: NAMES }, listening, report);
      for (const { source, name } of config.sources) {
        report.notTried('sender', 'The sender connects to the driver, not the driver to it.', name ?? source);
      }
    },
  };
}

const isListening = ({ kind, state }: { kind: string; state: string }): boolean =>
  kind === 'seneye' && state !== 'down' && state !== 'stopped';
