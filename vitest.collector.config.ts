/** A further check, `npm run test:collector`: it needs Go, which `npm test` does not. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The first run compiles the collector, which takes some minutes.
  test: { include: ['test/collector/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 1_200_000 },
});
