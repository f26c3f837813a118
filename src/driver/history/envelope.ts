/** Draws what a server has computed: in each interval a line from its lowest to its highest value, at its start. */
import type { Envelope } from '../../sources/source.ts';
import type { WrittenSample } from './pieces.ts';

export function* envelopeSamples({ times, lowest, highest, status }: Envelope): Generator<WrittenSample> {
  for (const [position, time] of times.entries()) {
    const [low, high] = [lowest[position] ?? null, highest[position] ?? null];
    if (low === null || high === null) {
      // Neither of them is shown alone: it would be taken for the whole.
      yield { time, value: null, status: 'Bad Data', state: null };
      continue;
    }
    const both = { time, status: status[position] ?? 'Good', state: null };
    yield { ...both, value: low };
    if (high !== low) yield { ...both, value: high };
  }
}
