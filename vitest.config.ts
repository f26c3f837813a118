import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { availableParallelism } from 'node:os';
import { WAIT_MS } from './test/support/waiting.ts';

// Longer than a wait for a condition: the last value of that says more than the end of the test does.
const limits = { testTimeout: WAIT_MS + 30_000, hookTimeout: WAIT_MS + 30_000, expect: { poll: { timeout: WAIT_MS } } };

const projects: TestProjectInlineConfiguration[] = [
  {
    // No process, no port. The files share their worker: nothing of one may be left for the next.
    test: {
      name: 'unit',
      sequence: { groupOrder: 0 },
      include: ['test/unit/**/*.test.ts'],
      isolate: false,
      pool: 'threads',
      // One fewer by default.
      maxWorkers: availableParallelism(),
      setupFiles: ['test/support/property-runs.ts'],
      ...limits,
    },
  },
  {
    test: {
      name: 'server',
      // They wait more than they compute: for servers to start, for pauses, for what is lost to be given up.
      maxWorkers: 2 * availableParallelism(),
      sequence: { groupOrder: 1 },
      include: ['test/**/*.test.ts', 'simulators/**/*.test.ts'],
      exclude: ['test/unit/**', 'test/browser/**', 'test/collector/**', 'test/prometheus/**', 'test/shells/**'],
      ...limits,
    },
  },
];

export default defineConfig({
  test: {
    projects,
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
