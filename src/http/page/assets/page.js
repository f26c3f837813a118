/** The live page. Everything it shows is in the page without this script too, as of the time when it was loaded. */
import { startLive } from './live.js';

/** How long ago, in words. */
function age(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

let offsetMs = 0;

/** The clock of the driver counts, not that of this machine. */
export function setClock(driverTime) {
  offsetMs = Date.parse(driverTime) - Date.now();
}

export function showAges() {
  const now = Date.now() + offsetMs;
  for (const element of document.querySelectorAll('[data-at]')) {
    const text = age(now - Date.parse(element.dataset.at));
    if (element.textContent !== text) element.textContent = text;
  }
}

const { live } = document.documentElement.dataset;
if (live) startLive(live, { setClock, showAges });
showAges();
setInterval(showAges, 1000);

const plot = document.getElementById('plot');
if (plot !== null) void import('./tags.js').then(({ startPlot }) => startPlot(plot));
