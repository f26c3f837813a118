/** Tests in a real browser, which need more than `npm test` may ask of a machine: `npm run test:browser`. */
import { defineConfig } from 'vitest/config';
import { WAIT_MS } from './test/support/waiting.ts';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 4 * WAIT_MS + 60_000,
    hookTimeout: 4 * WAIT_MS + 60_000,
    expect: { poll: { timeout: WAIT_MS } },
  },
});
