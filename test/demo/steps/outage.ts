/** A plant that is down must not take the other one's data with it. */
import { setTimeout as pause } from 'node:timers/promises';
import { point } from '../expected.ts';
import { block, blockWidth, paragraph, say } from '../print/page.ts';
import { took } from '../print/short.ts';
import { bad, good, pad, wrap } from '../print/style.ts';
import { itemsOf, showAnswer, type Step } from '../step.ts';
import { possible } from '../truth.ts';
import { type Asked, NORTH, type PlantName, PLANTS, SOUTH, type Harness } from '../harness.ts';

interface Outcome {
  index: number;
  value?: unknown;
  unit?: string;
  error?: { code: string; message: string; retryable: boolean };
}

const TEMPERATURE = ['Example', 'Cooling Tower 1', 'Area A', 'Temperature'] as const;
/** Waiting for a server that is away would take seconds. */
const AT_ONCE_MS = 2000;
const BACK_WITHIN_MS = 10_000;

export const outage: Step = {
  title: 'A plant goes down, and comes back',
  about: 'The process of the plant south is ended now; the next request asks for a temperature of each plant.',
  async run({ harness, checks, ask }) {
    await harness.stopPlant(SOUTH);
    const request = requestFor(harness);
    const without = await ask(request);
    show(without);
    say();
    const [north, south] = outcomes(without);
    checks.same('the answer is partial', without.answer.status, 'partial');
    checks.oneOf('north gave its value', north, rightOf(harness, NORTH, without));
    checks.same('south has an error that says it may work later', south?.error, {
      code: 'sourceUnavailable',
      retryable: true,
    });
    checks.that('it came at once', without.ms < AT_ONCE_MS, `it took ${took(without.ms)}`);

    say();
    paragraph('The plant south is started again.');
    await harness.startPlant(SOUTH);
    const whole = await untilWhole(harness);
    showAnswer(whole);
    show(whole);
    say();
    checks.oneOf('both plants give their values again', outcomes(whole)[1], rightOf(harness, SOUTH, whole));
  },
};

function requestFor({ truth }: Harness) {
  const items = PLANTS.map((name) => truth[name].fqn(truth[name].item(...TEMPERATURE)));
  return { function: 'snapshot', params: { items } };
}

/** Asks until no item fails any more: the driver tries a server that was down only now and then. */
async function untilWhole(harness: Harness): Promise<Asked> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const asked = await harness.ask(requestFor(harness));
    if (asked.answer.status === 'ok' || performance.now() > deadline) return asked;
    await pause(50);
  }
}

const outcomes = (asked: Asked): Outcome[] => itemsOf<Outcome>(asked).toSorted((a, b) => a.index - b.index);

const rightOf = ({ truth }: Harness, name: PlantName, asked: Asked): object[] =>
  possible(truth[name], asked, (now) => point(truth[name].item(...TEMPERATURE), now));

function show(asked: Asked): void {
  for (const [at, { value, unit, error }] of outcomes(asked).entries()) {
    const name = pad(at === 0 ? NORTH : SOUTH, 6);
    if (!error) block([`${name} ${good(`${String(value)} ${unit ?? ''}`)}`]);
    else {
      const [first = '', ...rest] = wrap(`${error.code}: ${error.message}`, blockWidth() - 7);
      block([`${name} ${bad(first)}`, ...rest.map((line) => ' '.repeat(7) + bad(line))]);
    }
  }
}
