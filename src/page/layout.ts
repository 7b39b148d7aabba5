import { visibleText } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { HtmlContent, Html } from './html.ts';
import type { Activity, PageContext, ProblemView, Tone } from './model.ts';

export interface PageShell {
  readonly title: string;
  /** Above the content: where the reader is. */
  readonly trail: readonly { readonly text: string; readonly href: string | null }[];
  /** Replaced when something changes, if scripts run. */
  readonly live: HtmlContent;
  /** Kept when something changes: what the reader types into. */
  readonly tools?: HtmlContent;
  /** What the page listens to; null: it stays as it is. */
  readonly events: string | null;
  /** Without scripts, the page loads itself again after this time; null: it does not. */
  readonly reloadSeconds?: number | null;
}

/** A whole document. It loads its style, its script and its icon from the same listener, and nothing else. */
export function layout(
  { title, trail, live, tools, events, reloadSeconds = null }: PageShell,
  { formToken }: Pick<PageContext, 'formToken'>,
): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Headgate</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer></script>
        ${reloadSeconds !== null && html`<noscript><meta http-equiv="refresh" content="${reloadSeconds}" /></noscript>`}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="bar">
          <a class="brand" href="/"><span class="gate" aria-hidden="true"></span>Headgate</a>
          <nav aria-label="Breadcrumb">
            <ol class="trail">
              ${trail.map(({ text, href }) =>
                href === null
                  ? html`<li aria-current="page">${text}</li>`
                  : html`<li><a href="${href}">${text}</a></li>`,
              )}
            </ol>
          </nav>
          <p class="mode">
            ${formToken === null && html`<span class="badge">read-only</span>`}
            <span id="connection" role="status"></span>
          </p>
        </header>
        <main id="content" tabindex="-1">
          ${tools}
          <div id="live" data-events="${events ?? ''}">${live}</div>
        </main>
      </body>
    </html>`.markup;
}

export function pill(tone: Tone, text: string): Html {
  return html`<span class="pill ${tone}"><span class="mark" aria-hidden="true"></span>${text}</span>`;
}

/** `Waits for the window, opens 09:00.` */
export function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function problemList(problems: readonly ProblemView[], tone: Tone): Html | null {
  if (problems.length === 0) return null;
  return html`<ul class="problems ${tone}">
    ${problems.map(
      ({ subject, message, remedy }) =>
        html`<li><strong>${subject}</strong> ${message} <span class="remedy">${remedy}</span></li>`,
    )}
  </ul>`;
}

export function commit(revision: string | null): Html {
  return revision === null
    ? html`<span class="none">none</span>`
    : html`<code title="${revision}">${revision.slice(0, 12)}</code>`;
}

/** `5m ago`, with the exact time for those who point at it. */
export function ago(time: string | null, nowMs: number): Html {
  if (time === null) return html`<span class="none">never</span>`;
  return html`<time datetime="${time}" title="${time}">${age(nowMs - Date.parse(time))} ago</time>`;
}

/** `42s`, `5m`, `3h`, `12d`, as kubectl does. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** What was requested on the page, and what the command printed. */
export function activityBox(activity: Activity | null, nowMs: number): Html | null {
  if (activity === null) return null;
  const { action, startedAt, state, text } = activity;
  const tone: Tone = state === 'running' ? 'busy' : state === 'done' ? 'good' : 'bad';
  const words = state === 'running' ? 'is running' : state === 'done' ? 'succeeded' : 'failed';
  return html`<section class="activity ${tone}" role="status">
    <p>${pill(tone, `${action} ${words}`)} started ${ago(startedAt, nowMs)}</p>
    ${text !== '' && html`<pre tabindex="0">${visibleText(text)}</pre>`}
  </section>`;
}
