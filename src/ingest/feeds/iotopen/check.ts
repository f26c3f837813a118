/** The connection test of an IoT Open platform: its log-in, its catalogue, its broker. */
import { problemOf, type CheckGroup, type PartsReport } from '../../../checks/check.ts';
import { reportSteps } from '../../../checks/steps.ts';
import { DriverError } from '../../../contract/errors.ts';
import { fromMilliseconds } from '../../../contract/time/instant.ts';
import { checkBroker } from '../../../mqtt/check.ts';
import { isTlsProblem } from '../../../net/network-errors.ts';
import { reportClock } from '../../../sources/check.ts';
import { Platform } from '../../../sources/iotopen/platform.ts';
import type { FeedCheckTools } from '../../kind.ts';
import type { IotOpenConfig } from './config.ts';
import { brokerConnection, platformOptions } from './connection.ts';
import { InstallationStates } from './installation-states.ts';

export function checkIotOpen(config: IotOpenConfig, { userAgent, takeOver }: FeedCheckTools): CheckGroup {
  return {
    kind: 'Feed',
    name: `iotopen ${config.name}`,
    run: async (report) => {
      if (config.credentials.refreshToken !== undefined && !takeOver) {
        const text =
          'A log-in uses the refresh token up, and a running driver would then have an old one. Stop the driver, or allow it with --take-over.';
        for (const part of ['log-in', 'catalogue', 'broker']) report.notTried(part, text);
        return;
      }
      const notices: string[] = [];
      const platform = new Platform(platformOptions(config, userAgent, (text) => notices.push(text)));
      const ending = new AbortController();
      try {
        if (!(await checkLogin(config, platform, report))) return;
        const states = await checkCatalogue(config, platform, notices, report);
        if (states === undefined) return;
        const connection = brokerConnection(config, platform, ending.signal);
        await checkBroker(
          { options: connection, subscriptions: states.subscriptions(), takeOver },
          report.of('broker'),
        );
      } finally {
        ending.abort();
        await platform.close();
      }
    },
  };
}

async function checkLogin(config: IotOpenConfig, platform: Platform, report: PartsReport): Promise<boolean> {
  const encrypted = config.url.startsWith('https:');
  try {
    await report.within((signal) => platform.ping(signal, true));
    reportSteps(report, { encrypted });
    reportClock(platform.clockAheadMs, report);
    return true;
  } catch (error) {
    const isRefused = error instanceof DriverError && (error.code === 'unauthorized' || error.code === 'forbidden');
    const at = isRefused ? 'log-in' : isTlsProblem(error) ? 'TLS' : 'connection';
    reportSteps(report, { encrypted, failure: { at, problem: problemOf(error) } });
    report.notTriedAfter(at, ['clock', 'catalogue', 'broker']);
    return false;
  }
}

async function checkCatalogue(
  config: IotOpenConfig,
  platform: Platform,
  notices: readonly string[],
  report: PartsReport,
): Promise<InstallationStates | undefined> {
  const states = new InstallationStates(config, 0n, { overlapNs: 0n, mostNs: 0n });
  try {
    const found = await report.within((signal) => states.read(platform, fromMilliseconds(Date.now()), signal));
    const facts = `installations: ${states.size}, values: ${states.readers.length}`;
    const problems = [...notices, ...found];
    if (states.readers.length > 0 && problems.length === 0) report.ok('catalogue', facts);
    else {
      const nothing = 'The account sees no values. Assign installations to it, or correct "installations" and "types".';
      report.warning('catalogue', { message: problems.length === 0 ? nothing : problems.join(' ') }, facts);
    }
    return states;
  } catch (error) {
    report.failed('catalogue', problemOf(error));
    report.notTriedAfter('catalogue', ['broker']);
    return undefined;
  }
}
