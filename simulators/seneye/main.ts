/** The sender as a process of its own: `node simulators/seneye/main.ts --help`. */
import { readFileSync } from 'node:fs';
import { HELP, readArguments, type SenderArguments } from './arguments.ts';
import { startSeneyeSender, type Posted } from './sender.ts';

function readCommandLine(): SenderArguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nSee --help.\n`);
    process.exit(2);
  }
}

function print({ device, timestamp, status, error }: Posted): void {
  const time = new Date(timestamp * 1000).toISOString();
  process.stdout.write(`${time} ${device} ${status ?? `no answer: ${error ?? ''}`}\n`);
}

const { help, once, caFile, skewSeconds, inWater, slideExpired, options } = readCommandLine();
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const ca = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') };
const sender = startSeneyeSender({ ...options, ...ca, onPosted: print });
for (const device of sender.devices) device.set({ skewSeconds, inWater, slideExpired });
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    void sender.stop().then(() => process.exit(0));
  });
}
const posted = await sender.postNow();
if (once) {
  await sender.stop();
  process.exit(posted.every(({ status = 0 }) => status >= 200 && status < 300) ? 0 : 1);
}
