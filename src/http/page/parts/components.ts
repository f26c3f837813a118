/** The components of the driver: bus, sources, stream, feeds and replicas, in the words of the health report. */
import type {
  FeedHealth,
  FeedState,
  Health,
  KnownReplica,
  ServerHealth,
  StreamHealth,
} from '../../../contract/health.ts';
import { html, type Content, type Markup } from '../markup.ts';
import type { Part } from '../part.ts';
import { duration, name, state, time, type Tone } from '../shown.ts';

const SERVER_TONES: Readonly<Record<ServerHealth['state'], Tone>> = {
  up: 'good',
  down: 'bad',
  unauthorized: 'bad',
  unknown: 'idle',
};
const FEED_TONES: Readonly<Record<FeedState, Tone>> = {
  connecting: 'idle',
  up: 'good',
  silent: 'warn',
  waiting: 'warn',
  refused: 'bad',
  down: 'bad',
  stopped: 'idle',
};
const STREAM_TONES: Readonly<Record<StreamHealth['state'], Tone>> = {
  unknown: 'idle',
  ok: 'good',
  degraded: 'warn',
  unavailable: 'bad',
};
const HEALTH_TONES: Readonly<Record<Health['state'], Tone>> = {
  ok: 'good',
  degraded: 'warn',
  down: 'bad',
  stopping: 'warn',
};

export const healthTone = (health: Health['state']): Tone => HEALTH_TONES[health];

/** The state of the driver in one word, and the reasons. Screen readers announce its changes. */
export const summary: Part = {
  id: 'summary',
  render: ({ health }) =>
    html`<section
      id="summary"
      class="summary ${healthTone(health.state)}"
      role="status"
      aria-labelledby="summary-title"
    >
      <h2 id="summary-title">The driver is ${state(healthTone(health.state), health.state)}</h2>
      ${
        health.reasons.length === 0
          ? html`<p>All parts work.</p>`
          : html`<ul>
              ${health.reasons.map((reason) => html`<li>${reason}</li>`)}
            </ul>`
      }
    </section>`,
};

/** One component. */
interface Card {
  readonly id: string;
  readonly kind: string;
  readonly title: Content;
  readonly tone: Tone;
  readonly word: string;
  readonly since: string | null;
  /** The problem and its remedy. */
  readonly message?: string | undefined;
  readonly facts?: readonly (readonly [string, Content])[];
}

const card = ({ id, kind, title, tone, word, since, message, facts = [] }: Card): Markup =>
  html`<li id="${id}" class="card ${tone}">
    <h3><span class="kind">${kind}</span> ${title}</h3>
    <p>${state(tone, word)}${since === null ? '' : html` since ${time(since)}`}</p>
    ${message === undefined ? '' : html`<p class="message">${message}</p>`}
    ${
      facts.length === 0
        ? ''
        : html`<dl>
            ${facts.map(
              ([term, fact]) =>
                html`<div>
                  <dt>${term}</dt>
                  <dd>${fact}</dd>
                </div>`,
            )}
          </dl>`
    }
  </li>`;

function serverCard({ name: server, state: word, since, checked, version, message, polls }: ServerHealth, at: number) {
  const facts: (readonly [string, Content])[] = [
    ['Version', version ?? '–'],
    ['Checked', time(checked)],
    ...(polls === undefined
      ? []
      : [['Leased tags', `${polls.tags}, read every ${duration(polls.realMs)}${polls.late ? ', late' : ''}`] as const]),
  ];
  const tone = polls?.late === true && word === 'up' ? 'warn' : SERVER_TONES[word];
  return card({ id: `source-${at}`, kind: 'Source', title: name(server), tone, word, since, message, facts });
}

function feedCard({ kind, name: feed, state: word, since, message, lastMessage }: FeedHealth, at: number): Markup {
  return card({
    ...{ id: `feed-${at}`, kind: `Feed ${kind}`, title: name(feed), tone: FEED_TONES[word], word, since, message },
    facts: [['Last message', time(lastMessage)]],
  });
}

function busCard({ bus: { connected, since, server, message } }: Health): Markup {
  return card({
    ...{ id: 'bus', kind: 'Bus', title: 'NATS', tone: connected ? 'good' : 'bad' },
    word: connected ? 'connected' : 'not connected',
    ...{ since, message },
    facts: server === undefined ? [] : [['Server', name(server)]],
  });
}

function streamCard({ name: stream, state: word, since, message }: StreamHealth): Markup {
  return card({ id: 'stream', kind: 'Stream', title: name(stream), tone: STREAM_TONES[word], word, since, message });
}

function replicaCard(replica: KnownReplica, at: number): Markup {
  const { instance, state: word, started, answered, isPresent, reasons, version } = replica;
  return card({
    ...{ id: `replica-${at}`, kind: 'Replica', title: name(instance) },
    tone: isPresent ? healthTone(word) : 'bad',
    word: isPresent ? word : 'does not answer',
    since: isPresent ? null : answered,
    message: isPresent
      ? reasons.join(' ') || undefined
      : 'It has stopped without a message, or has no connection to the bus.',
    facts: [
      ['Started', time(started)],
      ['Version', version],
    ],
  });
}

/** All components as cards. */
export const components: Part = {
  id: 'components',
  render: ({ health, replicas }) =>
    html`<section id="components" aria-labelledby="components-title">
      <h2 id="components-title">Parts</h2>
      <ul class="cards">
        ${busCard(health)}${health.servers.map(serverCard)}${
          health.stream === undefined ? '' : streamCard(health.stream)
        }${health.feeds?.map(feedCard)}${replicas.map(replicaCard)}
      </ul>
    </section>`,
};
