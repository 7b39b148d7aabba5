import { visibleLine } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { ago, layout, pill, problemList } from './layout.ts';
import type { ImageRow, ImagesView, PageContext, Tone } from './model.ts';

/** All images and their policies, as `headgate images` shows them. */
export function imagesPage({ rows, readAt }: ImagesView, context: PageContext): string {
  const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return layout(
    {
      title: 'Images',
      trail: [
        { text: 'Targets', href: '/' },
        { text: 'Images', href: null },
      ],
      // Registries count requests, so only a person reads them again.
      events: null,
      live: html`<h1>Images</h1>
        ${problemList(problems, 'bad')}
        <p class="count">
          ${rows.length} ${rows.length === 1 ? 'image' : 'images'}, read ${ago(readAt, context.nowMs)}
        </p>
        ${rows.length === 0 ? html`<p class="empty">headgate.yml has no images.</p>` : table(rows)}
        <p><a class="button" href="/images">Read again</a></p>`,
    },
    context,
  );
}

function table(rows: readonly ImageRow[]): Html {
  return html`<div class="group">
    <div class="scroll" tabindex="0" role="region" aria-label="Images">
      <table class="wide">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Image</th>
            <th scope="col">Current</th>
            <th scope="col">Newest</th>
            <th scope="col">Next poll</th>
            <th scope="col">Where</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => rowOf(row))}
        </tbody>
      </table>
    </div>
  </div>`;
}

function rowOf(row: ImageRow): Html {
  const { image, policy, repository, branch, current, newest, reason, polls } = row;
  return html`<tr>
    <td>${pill(...stateOf(row))}</td>
    <th scope="row">${image}<span class="note">${visibleLine(policy)}</span></th>
    <td>${current.length === 0 ? html`<span class="none">none</span>` : visibleLine(current.join(', '))}</td>
    <td>
      ${newest === null ? html`<span class="none">none</span>` : visibleLine(newest)}${
        reason !== null && html`<span class="note">${visibleLine(reason)}</span>`
      }
    </td>
    <td class="where">${polls}</td>
    <td class="where">${repository}<span class="by">${branch}</span></td>
  </tr>`;
}

function stateOf({ problem, reason, newest }: ImageRow): readonly [Tone, string] {
  if (problem !== null) return ['bad', 'unreadable'];
  if (reason === null) return ['good', 'current'];
  return newest === null ? ['warn', 'no version'] : ['busy', 'not current'];
}
