/**
 * How long a test waits for a condition: 5 s, so that a red test is red at once. The commands that must pass on a busy
 * machine (`npm test`, `.ci/run`) multiply it by TEST_WAIT_FACTOR; then the limit only ends what hangs. No test asserts
 * on time.
 */
export const WAIT_MS = 5000 * Number(process.env.TEST_WAIT_FACTOR ?? 1);
