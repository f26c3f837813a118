/** A further check, `npm run test:shells`: it needs zsh and fish, which `npm test` does not. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/shells/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
