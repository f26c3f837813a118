/**
 * Probes for Kubernetes and other supervisors. A failed `/livez` restarts the process, so it depends on nothing outside.
 * `/readyz` decides whether a rolling update goes on, so it depends on what a new version or configuration can break:
 * whether requests arrive. A source or a feed that is down is the same for each replica, and is only reported.
 */
import type { Health } from '../contract/health.ts';
import { busProblems } from '../telemetry/health.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Route } from './route.ts';
import { sendJson } from './send.ts';

type Watched = Pick<Telemetry, 'health' | 'hasProbed'>;

/** @param telemetry one for each request topic */
export function probeRoutes(telemetry: readonly Watched[]): Route[] {
  const probe = (path: string, answer: () => { ok: boolean; body: object }): Route => ({
    path,
    access: 'open',
    handle: (_request, response) => {
      const { ok, body } = answer();
      sendJson(response, ok ? 200 : 503, { ok, ...body });
    },
  });
  return [
    probe('/livez', () => ({ ok: true, body: {} })),
    probe('/readyz', () => readiness(telemetry.map((one) => one.health()))),
    probe('/startupz', () => startup(telemetry)),
  ];
}

/** The state is that of the health report; only `problems` make a replica not ready. */
function readiness(healths: readonly Health[]): { ok: boolean; body: object } {
  const problems = healths.flatMap((health) => [
    ...(health.state === 'stopping' ? ['The driver is stopping.'] : []),
    ...busProblems(health.bus),
  ]);
  const warnings = healths.flatMap(({ reasons }) => reasons).filter((reason) => !problems.includes(reason));
  const [{ state } = { state: 'ok' }] = healths;
  return { ok: problems.length === 0, body: { state, problems: unique(problems), warnings: unique(warnings) } };
}

/** The start is over when the state of each source is known, which takes some seconds also if none answers. */
function startup(telemetry: readonly Watched[]): { ok: boolean; body: object } {
  const waiting = telemetry
    .filter(({ hasProbed }) => !hasProbed)
    .flatMap((one) => one.health().servers)
    .filter(({ state }) => state === 'unknown')
    .map(({ name }) => `Server "${name}" has not been asked yet.`);
  const ok = telemetry.every(({ hasProbed }) => hasProbed);
  return { ok, body: { problems: ok ? [] : unique(waiting) } };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
