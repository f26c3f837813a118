import { expect, onTestFinished, test } from 'vitest';
import { threadStates } from '../../../simulators/support/freeze.ts';
import { startMosquitto } from '../../../simulators/support/mosquitto/index.ts';
import { startNatsServer } from '../../support/nats/index.ts';

test.each([
  ['nats-server', startNatsServer],
  ['mosquitto', startMosquitto],
])('a frozen %s does nothing from then on', async (_name, start) => {
  const server = await start();
  onTestFinished(() => server.stop());
  for (let time = 0; time < 50; time++) {
    server.freeze();
    expect([...new Set(threadStates(server.pid))]).toEqual(['T']);
    server.thaw();
    await new Promise(setImmediate);
  }
});
