/** The newest warnings and errors of the log, grouped. */
import type { Problem } from '../../../telemetry/recent-problems.ts';
import { html, type Content } from '../markup.ts';
import type { Part } from '../part.ts';
import { count, state, table, time } from '../shown.ts';

const COLUMNS = [{ title: 'Last' }, { title: 'Level' }, { title: 'Times', isNumber: true }, { title: 'Problem' }];

const row = ({ level, message, count: times, first, last, facts }: Problem): Content[] => [
  time(last),
  level === 'error' ? state('bad', 'error') : state('warn', 'warning'),
  count(times),
  html`${message}${facts.length === 0 ? '' : html` <span class="none">${facts.map(([fact, value]) => `${fact}: ${value}`).join('; ')}</span>`}${
    times > 1 ? html` <span class="none">First:</span> ${time(first)}` : ''
  }`,
];

export const problems: Part = {
  id: 'problems',
  render: (state) =>
    html`<section id="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">Problems</h2>
      ${
        state.problems.length === 0
          ? html`<p class="none">The log has no warning and no error since the start.</p>`
          : table('Warnings and errors of the log, the newest first', COLUMNS, state.problems.map(row))
      }
    </section>`,
};
