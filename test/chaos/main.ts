/** `npm run chaos`: many mixed requests to two replicas while servers and replicas are broken in turn. */
import { Command, InvalidArgumentError } from 'commander';
import { chaos } from './run.ts';

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is needed.');
  return number;
};

const { requests, atOnce, seed } = new Command('npm run chaos --')
  .description(
    'Sends mixed requests to two replicas of the driver while Seeq servers, replicas and their ways to the bus are ' +
      'broken in turn. Every request must get one final answer, with nothing wrong and nothing silently missing in it.',
  )
  .option('--requests <n>', 'requests in all', count, 20_000)
  .option('--at-once <n>', 'requests under way at once', count, 32)
  .option('--seed <n>', 'order of the faults and requests', count, Date.now() % 1_000_000)
  .parse()
  .opts<{ requests: number; atOnce: number; seed: number }>();

console.log(`${requests} requests, seed ${seed}`);
const began = performance.now();
const result = await chaos({
  requests,
  atOnce,
  seed,
  say: (line) => {
    console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  },
});
const { counts, codes, repeatedMessages, faults, violations, violated } = result;
console.log(`
${counts.sent} requests under ${faults} faults
  answered           ${counts.ok + counts.partial + counts.error} (ok ${counts.ok}, partial ${counts.partial}, error ${counts.error})
  no replica listened ${counts.nobody}
  cut off on the way ${counts.cut}
  killed with a replica ${counts.killed}
  messages that came twice ${repeatedMessages}
  failures by code   ${[...codes].map(([code, n]) => `${code} ${n}`).join(', ') || 'none'}`);
for (const violation of violations) console.log(`VIOLATION ${violation}`);
console.log(violated === 0 ? '\nEvery promise was kept.' : `\n${violated} violations.`);
// Everything has been stopped; what the many requests left behind is not waited for.
process.exit(violated === 0 ? 0 : 1);
