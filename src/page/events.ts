import { visibleLine } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { ago, pill } from './layout.ts';
import type { EventRow } from './model.ts';

/** What the cluster reports about the target and its objects. */
export function eventsSection(rows: readonly EventRow[], nowMs: number): Html {
  return html`<section class="card" aria-labelledby="events">
    <h2 id="events">Events</h2>
    ${
      rows.length === 0
        ? html`<p class="empty">There are no events.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-labelledby="events">
            <table>
              <thead>
                <tr>
                  <th scope="col">Last seen</th>
                  <th scope="col">Reason</th>
                  <th scope="col">Object</th>
                  <th scope="col">Message</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map((row) => eventRow(row, nowMs))}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function eventRow({ type, reason, object, message, count, at }: EventRow, nowMs: number): Html {
  return html`<tr>
    <td>${at === null ? html`<span class="none">unknown</span>` : ago(at, nowMs)}</td>
    <td>${pill(type === 'Warning' ? 'warn' : 'calm', visibleLine(reason))}</td>
    <td class="where">${visibleLine(object)}</td>
    <td>${visibleLine(message)}${count > 1 && html` <span class="by">${count} times</span>`}</td>
  </tr>`;
}
