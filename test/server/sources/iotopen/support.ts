/** A simulated platform, and the client of it. */
import { onTestFinished } from 'vitest';
import { Platform, type LogReader, type PlatformOptions } from '../../../../src/sources/iotopen/platform.ts';
import type { Row } from '../../../../src/sources/iotopen/log-entry.ts';
import type { TextSource } from '../../../../src/net/tls.ts';
import { startIotOpen, type IotOpenOptions, type IotOpenSimulator } from '../../../../simulators/iotopen/simulator.ts';

/** A simulator that ends with the test. */
export async function startPlatform(options: IotOpenOptions = {}): Promise<IotOpenSimulator> {
  const simulator = await startIotOpen(options);
  onTestFinished(() => simulator.stop());
  return simulator;
}

export const given = (text: string): TextSource => ({ reveal: () => Promise.resolve(text) });

export const API_KEY = { kind: 'key', key: given('key-of-the-driver') } as const;

/** A client that ends with the test. */
export function clientOf(url: string, options: Partial<PlatformOptions> = {}): Platform {
  const platform = new Platform({
    name: 'plant',
    url,
    tls: { insecureSkipVerify: false },
    connections: 4,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    userAgent: 'test',
    credentials: API_KEY,
    codeAdvice: 'Hand in the code.',
    onNotice: () => undefined,
    ...options,
  });
  onTestFinished(() => platform.close());
  return platform;
}

export const NEVER = new AbortController().signal;

/** The pages of a log. */
export async function* pagesOf(log: LogReader): AsyncGenerator<readonly Row[]> {
  for (let rows = await log.next(NEVER); rows !== undefined; rows = await log.next(NEVER)) yield rows;
}
