/** The place of the charts, which the script draws from the samples. */
import { html } from '../markup.ts';
import type { Part } from '../part.ts';

/** It never changes, so no update replaces the charts. */
export const charts: Part = {
  id: 'charts-section',
  render: () =>
    html`<section id="charts-section" aria-labelledby="charts-title">
      <h2 id="charts-title">The last half hour</h2>
      <div id="charts" class="charts" data-own></div>
      <noscript><p class="none">Charts need a script. The numbers below have the same source.</p></noscript>
    </section>`,
};
