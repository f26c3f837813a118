/** Probes for Kubernetes and other supervisors. */
import type { Route } from './route.ts';
import { sendJson } from './send.ts';

/** The process answers, so its event loop runs. */
export const livez: Route = {
  path: '/livez',
  access: 'open',
  handle: (_request, response) => {
    sendJson(response, 200, { status: 'ok' });
  },
};
