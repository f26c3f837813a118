import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real servers start inside the tests; the limit only ends a test that hangs, no test asserts on time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    // Likewise: the limit ends what hangs, with the last value, before that of the test ends it without.
    expect: { poll: { timeout: 150_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The entry of the process holds nothing but a call of the command line, and its exit code.
      exclude: ['**/*.generated.ts', 'src/main.ts'],
      reporter: ['text-summary', 'html'],
      // What runs in the test's own process. Drivers that tests start as processes of their own do not count, so this
      // is less than what the tests touch.
      thresholds: { lines: 95, statements: 94, functions: 94, branches: 90 },
    },
  },
});
