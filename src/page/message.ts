import { html } from './html.ts';
import { layout, problemList } from './layout.ts';
import type { ProblemView } from './model.ts';

/** For a browser that is not signed in: nothing about targets. */
export function signedOutPage(isSpent: boolean): string {
  return message(
    'Not signed in',
    isSpent
      ? 'This address was used before. Open the newest one that Headgate printed: each is valid once.'
      : 'Open the address that Headgate printed. Each is valid once, for one browser.',
  );
}

/** Loads the page again without the token in its address, and replaces the address in the history. */
export function signedInPage(): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="0; url=/" />
        <title>Headgate</title>
      </head>
      <body>
        <p><a href="/">Continue</a></p>
      </body>
    </html>`.markup;
}

export function problemPage(problem: ProblemView, formToken: string | null): string {
  return layout(
    {
      title: 'Not shown',
      trail: [{ text: 'Targets', href: '/' }],
      events: null,
      live: html`<h1>This page cannot be shown</h1>
        ${problemList([problem], 'bad')}`,
    },
    { formToken },
  );
}

function message(title: string, text: string): string {
  const live = html`<h1>${title}</h1>
    <p class="lead">${text}</p>`;
  return layout({ title, trail: [], events: null, live }, { formToken: '' });
}
