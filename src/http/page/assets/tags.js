/** Draws the plot of a tag from the values in the page. */
import { axes, color, loadUplot, onColors, timeSeries } from './charts.js';

export async function startPlot(target) {
  const uPlot = await loadUplot();
  const { line, step, unit } = JSON.parse(target.dataset.plot);
  const data = [line.map(([at]) => at), line.map(([, value]) => value)];
  let plot;
  const width = () => Math.max(100, target.clientWidth - 30);
  onColors(() => {
    plot?.destroy();
    const series = {
      label: unit || 'Value',
      stroke: color('--link'),
      width: 1.5,
      spanGaps: false,
      ...(step ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    };
    plot = new uPlot({ width: width(), height: 320, axes: axes(), series: [timeSeries, series] }, data, target);
  });
  new ResizeObserver(() => plot.setSize({ width: width(), height: 320 })).observe(target);
}
