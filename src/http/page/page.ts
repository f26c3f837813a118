/** The status page: its views and its routes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingRequest } from '../../contract/answer.ts';
import type { LatestReadings } from '../../telemetry/latest-readings.ts';
import type { RecentProblems } from '../../telemetry/recent-problems.ts';
import type { MetricsMeter, Telemetry } from '../../telemetry/telemetry.ts';
import type { Guard } from '../guard.ts';
import type { Client, Route } from '../route.ts';
import { sendText } from '../send.ts';
import { Assets, sendPage } from './assets.ts';
import { page, PAGE_POLICY, shell, type View } from './document.ts';
import { DriverCaller } from './driver-caller.ts';
import { LiveFeed } from './live-feed.ts';
import { LOGIN_PATH, loginRoutes } from './login.ts';
import type { PageState } from './part.ts';
import { activity, MOST_ACTIVE } from './parts/activity.ts';
import { charts } from './parts/charts.ts';
import { components, summary } from './parts/components.ts';
import { numbers } from './parts/numbers.ts';
import { problems } from './parts/problems.ts';
import { allReadings, newestReadings } from './parts/readings.ts';
import { seneyeHistory, seneyeLatest, seneyeReceiver } from './parts/seneye.ts';
import { SAMPLE_MS, Samples } from './samples.ts';
import { TAGS_PATH, tagsPage } from './tags-page.ts';

const OVERVIEW: View = {
  ...{ path: '/', title: 'Overview', hasCharts: true },
  parts: [summary, components, charts, activity, problems, newestReadings, numbers],
};
const READINGS: View = { path: '/readings', title: 'Readings', parts: [allReadings] };
/** Path of the view for seneye devices. */
export const SENEYE_PATH = '/seneye';
const SENEYE: View = { path: SENEYE_PATH, title: 'seneye', parts: [seneyeReceiver, seneyeLatest, seneyeHistory] };
const TAGS: View = { path: TAGS_PATH, title: 'Tags', parts: [] };

export interface StatusPageOptions {
  readonly guard: Pick<Guard, 'logIn' | 'logOut' | 'hasLogin'>;
  readonly telemetry: Pick<Telemetry, 'health' | 'meter' | 'activity' | 'replicas' | 'refusals'>;
  readonly problems: Pick<RecentProblems, 'all'>;
  /** Absent where no feed is configured. */
  readonly readings?: Pick<LatestReadings, 'devices'> | undefined;
  /** Answers a request like one from the bus. */
  readonly handle: (request: IncomingRequest) => Promise<void>;
  /** Interval of the samples for the charts. Default 2 s. */
  readonly sampleMs?: number | undefined;
}

export class StatusPage {
  readonly #options: StatusPageOptions;
  readonly #meter: MetricsMeter;
  readonly #views: readonly View[];
  readonly #assets = new Assets();
  readonly #samples = new Samples();
  readonly #live: LiveFeed;
  readonly #driver: DriverCaller;
  readonly #timer: NodeJS.Timeout;

  constructor(options: StatusPageOptions) {
    this.#options = options;
    const { telemetry, handle, sampleMs = SAMPLE_MS } = options;
    this.#meter = telemetry.meter();
    this.#views = viewsOf(telemetry.health().feeds);
    this.#driver = new DriverCaller(handle);
    this.#live = new LiveFeed({ state: () => this.#state(), samples: this.#samples, build: this.#assets.build });
    // The loop delay of a sample covers the time since the previous one.
    const meter = telemetry.meter();
    this.#samples.add(meter.read());
    this.#timer = setInterval(() => {
      const sample = this.#samples.add(meter.read());
      if (sample !== undefined) this.#live.sampled(sample);
      if (this.#live.listeners > 0) void telemetry.replicas.refresh();
    }, sampleMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#live.stop();
  }

  routes(): Route[] {
    const views = this.#views.map((view): Route => ({
      path: view.path,
      access: 'guarded',
      handle: async (request, response) => {
        await this.#options.telemetry.replicas.refresh();
        this.#send(request, response, page(view, this.#state(), this.#shell));
      },
    }));
    return [
      ...this.#assets.routes(),
      ...views,
      { path: TAGS_PATH, access: 'guarded', handle: (...parts) => this.#sendTags(...parts) },
      { path: '/events', access: 'guarded', handle: this.#listen },
      ...loginRoutes({
        guard: this.#options.guard,
        send: (request, response, content) => {
          const own = { title: 'Log in', path: LOGIN_PATH, views: [], hasLogin: false, live: false };
          this.#send(request, response, shell({ ...own, build: this.#assets.build }, content));
        },
      }),
    ];
  }

  get #shell() {
    return {
      views: [...this.#views, TAGS],
      build: this.#assets.build,
      hasLogin: this.#options.guard.hasLogin,
    };
  }

  #state(): PageState {
    const { telemetry, problems: recent, readings } = this.#options;
    let devices: PageState['devices'];
    return {
      health: telemetry.health(),
      metrics: this.#meter.read(),
      activity: telemetry.activity(MOST_ACTIVE),
      problems: recent.all,
      replicas: telemetry.replicas.others,
      refusals: telemetry.refusals(),
      // Many parts do not need them.
      get devices() {
        return (devices ??= readings?.devices);
      },
    };
  }

  #send(request: IncomingMessage, response: ServerResponse, document: string): void {
    response.setHeader('Content-Security-Policy', PAGE_POLICY);
    sendPage(request, response, document);
  }

  async #sendTags(request: IncomingMessage, response: ServerResponse, { user }: Client): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const tags = this.#options.readings?.devices.flatMap((device) => device.tags) ?? [];
    const content = await tagsPage(queryOf(request), {
      tags,
      call: (name, params) => this.#driver.call(name, params, user, gone.signal),
    });
    if (response.closed) return;
    this.#send(request, response, shell({ ...this.#shell, title: 'Tags', path: TAGS_PATH, live: false }, content));
  }

  readonly #listen = (request: IncomingMessage, response: ServerResponse): void => {
    const query = queryOf(request);
    const view = this.#views.find(({ path }) => path === query.get('page'));
    if (view === undefined) {
      sendText(response, 404, 'There is no such page.\n');
    } else if (this.#live.isFull) {
      response.setHeader('Retry-After', '30');
      sendText(response, 503, 'Too many pages are open.\n');
    } else if (request.method === 'HEAD') {
      response.end();
    } else {
      this.#live.add(view, Number(query.get('since')) || 0, response);
    }
  };
}

/** A view of device data only where there is a feed for it. */
function viewsOf(feeds: PageState['health']['feeds'] = []): View[] {
  const isConfigured = (kinds: (kind: string) => boolean): boolean => feeds.some(({ kind }) => kinds(kind));
  return [
    OVERVIEW,
    ...(isConfigured((kind) => kind !== 'egress') ? [READINGS] : []),
    ...(isConfigured((kind) => kind === 'seneye') ? [SENEYE] : []),
  ];
}

const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams => new URLSearchParams(url.split('?', 2)[1] ?? '');
