/** `npm run fuzz`: hostile and clumsy inputs for everything that reads what others send. */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { decoders } from './decoders.ts';
import { fuzz } from './run.ts';
import { inputOf } from './worker.ts';

const whole = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('a whole number is needed.');
  return number;
};

const all = decoders();
const options = new Command('npm run fuzz --')
  .description(
    'Gives hostile and clumsy inputs of up to 64 KiB to everything that reads what callers, servers, brokers, devices ' +
      'and operators send. No input may cause a fault, stay without an answer, or block the event loop for 50 ms.',
  )
  .option('--inputs <n>', 'inputs in all', whole, 10_000_000)
  .option('--seed <n>', 'decides the inputs', whole, Date.now() % 1_000_000)
  .option('--decoder <name...>', 'only these', [])
  .option('--show <n>', 'print input number n of the decoder instead')
  .addHelpText('after', `\nDecoders: ${all.map(({ name }) => name).join(', ')}`)
  .parse()
  .opts<{ inputs: number; seed: number; decoder: string[]; show?: string }>();

if (options.show === undefined) {
  const chosen = options.decoder.length > 0 ? options.decoder.length : all.length;
  console.log(`${options.inputs} inputs for ${chosen} decoders, seed ${options.seed}`);
  const began = performance.now();
  const { inputs, faults } = await fuzz({
    perDecoder: Math.ceil(options.inputs / chosen),
    seed: options.seed,
    workers: availableParallelism(),
    only: options.decoder,
    slowMs: 50,
    batch: 20_000,
    hangMs: 60_000,
    say: (line) => {
      console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`);
    },
    onFault: ({ decoder, input, what, shown }) => {
      console.log(
        `FAULT ${decoder}: ${what}\n  --seed ${options.seed} --decoder "${decoder}" --show ${input}: ${shown}`,
      );
    },
  });
  console.log(faults.length === 0 ? `${inputs} inputs, no fault.` : `${inputs} inputs, ${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  const index = all.findIndex(({ name }) => name === options.decoder[0]);
  const decoder = all[index];
  if (decoder === undefined) throw new Error('--show needs one --decoder.');
  process.stdout.write(inputOf(options.seed, decoder, index, Number(options.show)));
}
