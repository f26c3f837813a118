/** Charts of rates and latencies by uPlot, which is a classic script and sets a global. */

const SHOWN_SECONDS = 1800;

/** Samples further apart than this are not joined by a line: the driver was not there. */
const GAP_SECONDS = 6;

const CHARTS = [
  {
    title: 'Requests and readings per second',
    series: [
      ['requests', 'Requests', '--link'],
      ['failed', 'Failed', '--bad'],
      ['readings', 'Readings', '--good'],
    ],
  },
  {
    title: 'Average time, milliseconds',
    series: [
      ['requestMs', 'Request', '--link'],
      ['callMs', 'Call to a source', '--warn'],
    ],
  },
  {
    title: 'Load',
    series: [
      ['inFlight', 'Requests in progress', '--link'],
      ['loopMs', 'Delay of the event loop, ms (99 %)', '--warn'],
    ],
  },
];

export function loadUplot() {
  if (globalThis.uPlot !== undefined) return Promise.resolve(globalThis.uPlot);
  const { promise, resolve, reject } = Promise.withResolvers();
  const script = document.createElement('script');
  script.src = '/assets/uplot.js';
  script.onload = () => resolve(globalThis.uPlot);
  script.onerror = reject;
  document.head.append(script);
  return promise;
}

export const color = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

const isoText = (seconds) => new Date(seconds * 1000).toISOString();

/** Times are UTC, as everywhere in the page; the date only where the range needs it. */
function timeTexts(plot, splits) {
  const days = (plot.scales.x.max - plot.scales.x.min) / 86_400;
  const [from, to] = days > 30 ? [0, 10] : days > 1 ? [5, 16] : [11, 19];
  return splits.map((seconds) => isoText(seconds).slice(from, to).replace('T', ' '));
}

const axisColors = () => ({ stroke: color('--text'), grid: { stroke: color('--line'), width: 1 } });

export const axes = () => [{ ...axisColors(), values: timeTexts, space: 90 }, axisColors()];

/** The first series of every plot. */
export const timeSeries = {
  label: 'Time',
  value: (_plot, seconds) => (seconds === null ? '–' : `${isoText(seconds).slice(0, 19).replace('T', ' ')} UTC`),
};

/** Calls `draw` now, and again when the colors of the system change. */
export function onColors(draw) {
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}

export async function startCharts(target) {
  const uPlot = await loadUplot();
  let columns = [];
  let rows = [];
  let plots = [];

  /** One array for each series, with a gap where samples are missing. */
  function dataOf(series) {
    const at = ['time', ...series.map(([name]) => name)].map((name) => columns.indexOf(name));
    const data = at.map(() => []);
    let previous;
    for (const row of rows) {
      if (previous !== undefined && row[0] - previous > GAP_SECONDS) {
        data.forEach((values, index) => values.push(index === 0 ? previous + 0.001 : null));
      }
      previous = row[0];
      data.forEach((values, index) => values.push(row[at[index]] ?? null));
    }
    return data;
  }

  function draw() {
    for (const { plot } of plots) plot.destroy();
    target.replaceChildren();
    plots = CHARTS.map(({ title, series }) => {
      const box = document.createElement('div');
      box.className = 'panel chart';
      const heading = document.createElement('h3');
      heading.textContent = title;
      box.append(heading);
      target.append(box);
      const options = {
        width: box.clientWidth - 30,
        height: 200,
        scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: axes(),
        series: [
          timeSeries,
          ...series.map(([, label, variable]) => ({ label, stroke: color(variable), width: 1.5, spanGaps: false })),
        ],
      };
      return { box, series, plot: new uPlot(options, dataOf(series), box) };
    });
  }

  onColors(draw);
  new ResizeObserver(() => {
    for (const { plot, box } of plots) {
      const width = box.clientWidth - 30;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: 200 });
    }
  }).observe(target);

  return {
    get newest() {
      return rows.at(-1)?.[0] ?? 0;
    },
    add(samples) {
      columns = samples.columns;
      const newest = rows.at(-1)?.[0] ?? 0;
      rows.push(...samples.rows.filter(([at]) => at > newest));
      const first = (rows.at(-1)?.[0] ?? 0) - SHOWN_SECONDS;
      rows = rows.filter(([at]) => at >= first);
      for (const { plot, series } of plots) plot.setData(dataOf(series));
    },
  };
}
