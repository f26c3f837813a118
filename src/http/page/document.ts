/** The whole page as HTML. It needs no script to be read. */
import { html, type Content, type Markup } from './markup.ts';
import type { PageState, Part } from './part.ts';
import { name, time } from './shown.ts';

/** A page of the site. */
export interface View {
  readonly path: string;
  readonly title: string;
  readonly parts: readonly Part[];
  /** Has charts of the last half hour. */
  readonly hasCharts?: boolean;
}

/**
 * Everything comes from the driver itself: no other address, no script or style within the page. `style-src-attr` is
 * absent, so not even a style attribute works.
 */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

interface Shell {
  readonly title: string;
  readonly path: string;
  readonly views: readonly View[];
  /** Version of the assets and of the page. */
  readonly build: string;
  /** Whether to show how to log out. */
  readonly hasLogin: boolean;
  readonly live: boolean;
}

/** The head of the page, its navigation, and a main part. */
export function shell({ title, path, views, build, hasLogin, live }: Shell, main: Content): string {
  return `<!doctype html>\n${html`<html
    lang="en"
    data-build="${build}"
    ${live ? html` data-live="/events?page=${path}"` : ''}
  >
    <head>
      <meta charset="utf-8" />
      <title>${title}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="/assets/icon.svg" />
      <link rel="stylesheet" href="/assets/uplot.css" />
      <link rel="stylesheet" href="/assets/page.css" />
      <script type="module" src="/assets/page.js"></script>
      ${live ? html`<noscript><meta http-equiv="refresh" content="30" /></noscript>` : ''}
    </head>
    <body>
      <a class="skip" href="#main">Skip to the content</a>
      <header>
        <p class="brand">iota-seeqdrv</p>
        <nav aria-label="Pages">
          <ul>
            ${views.map(
              (view) =>
                html`<li>
                  <a href="${view.path}" ${view.path === path ? html` aria-current="page"` : ''}>${view.title}</a>
                </li>`,
            )}
          </ul>
        </nav>
        ${hasLogin ? html`<form method="post" action="/logout"><button>Log out</button></form>` : ''}
      </header>
      <main id="main">${main}</main>
    </body>
  </html>`.toString()}`;
}

/** A view with its parts, as of now. */
export function page(view: View, state: PageState, options: Pick<Shell, 'views' | 'build' | 'hasLogin'>): string {
  const { driverid, reqtopic } = state.health;
  return shell(
    { ...options, title: titleOf(view, state), path: view.path, live: true },
    html`<h1>${name(driverid ?? reqtopic)} <small>${view.title}</small></h1>
      ${connection(state)} ${view.parts.map((part) => part.render(state))}`,
  );
}

/** Says how fresh the page is; the script replaces its content. */
function connection({ health: { time: now, instance, version, started } }: PageState): Markup {
  return html`<p class="facts">
    <span id="live" class="live" role="status">As of ${time(now)}.</span>
    <span>Version ${version}, instance ${name(instance)}, started ${time(started)}</span>
  </p>`;
}

/** The title begins with the state, which a narrow tab still shows. */
export function titleOf({ title }: View, { health }: PageState): string {
  return `${health.state}: ${health.driverid ?? health.reqtopic}, ${title}`;
}
