/** A further check, `npm run test:prometheus`: it needs Prometheus and promtool, which `npm test` does not. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/prometheus/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
