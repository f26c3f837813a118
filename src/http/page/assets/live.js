/** Server-sent events: changed parts replace the old ones, samples go to the charts. */
import { morph } from './morph.js';

/** Without any event for this long the connection counts as lost: the driver sends a heartbeat every 10 s. */
const SILENT_MS = 25_000;
const RETRY_MS = [1000, 2000, 5000, 10_000];

export function startLive(address, { setClock, showAges }) {
  const status = document.getElementById('live');
  let failures = 0;
  let lostAt;
  let watchdog;
  let charts;

  function lost() {
    lostAt ??= new Date();
    document.body.classList.add('stale');
    status.classList.add('lost');
    status.textContent = `No connection to the driver since ${lostAt.toISOString().slice(11, 19)} UTC: the values are as of then. Trying again.`;
  }

  function heard() {
    clearTimeout(watchdog);
    watchdog = setTimeout(again, SILENT_MS);
    if (lostAt === undefined && status.dataset.is === 'live') return;
    lostAt = undefined;
    failures = 0;
    document.body.classList.remove('stale');
    status.classList.remove('lost');
    status.dataset.is = 'live';
    status.textContent = 'Live.';
  }

  let source;
  let retry;

  function again() {
    source.close();
    clearTimeout(watchdog);
    clearTimeout(retry);
    lost();
    retry = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  }

  function connect() {
    const since = charts?.newest ?? 0;
    source = new EventSource(`${address}&since=${since}`);
    source.addEventListener('error', () => {
      again();
      // A session that has ended needs a new log-in.
      void fetch(location.href, { method: 'HEAD' })
        .then(({ status }) => {
          if (status === 401) location.reload();
        })
        .catch(() => undefined);
    });
    source.addEventListener('hello', ({ data }) => {
      const { build, time } = JSON.parse(data);
      // Another version of the driver: its parts need its own script and style.
      if (build !== document.documentElement.dataset.build) location.reload();
      setClock(time);
      heard();
    });
    source.addEventListener('beat', heard);
    source.addEventListener('parts', ({ data }) => {
      for (const [id, text] of Object.entries(JSON.parse(data))) replace(id, text);
      showAges();
      heard();
    });
    source.addEventListener('title', ({ data }) => {
      document.title = JSON.parse(data);
    });
    source.addEventListener('samples', ({ data }) => {
      charts?.add(JSON.parse(data));
      heard();
    });
  }

  // Charts first, so that the first samples are theirs.
  const target = document.getElementById('charts');
  if (target === null) connect();
  else
    void import('./charts.js')
      .then(({ startCharts }) => startCharts(target))
      .then((started) => {
        charts = started;
      })
      .catch(() => {
        target.textContent = 'The charts cannot be shown.';
      })
      .finally(connect);
}

/** The text is HTML from the driver, in which every name and message is escaped. */
function replace(id, text) {
  const old = document.getElementById(id);
  const parsed = new DOMParser().parseFromString(text, 'text/html').body.firstElementChild;
  if (old !== null && parsed !== null) morph(old, document.adoptNode(parsed));
}
