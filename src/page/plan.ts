import { visibleLine, visibleText } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { asSentence, commit, layout, problemList } from './layout.ts';
import type { ChangeView, PageContext, PlanView } from './model.ts';

/** What a deploy of the tip would change now. */
export function planPage(target: string, plan: PlanView, context: PageContext): string {
  return layout(
    {
      title: `Plan of ${target}`,
      trail: [
        { text: 'Targets', href: '/' },
        { text: target, href: `/targets/${target}` },
        { text: 'Plan', href: null },
      ],
      events: null,
      live: html`<h1>Plan</h1>
        ${planSection(plan)}
        <p><a class="button" href="/targets/${target}/plan">Plan again</a></p>`,
    },
    context,
  );
}

export function planSection({ from, to, summary, changes, refusals, warnings, waits }: PlanView): Html {
  return html`<section class="card plan" aria-labelledby="changes">
    <h2 id="changes">${summary} <small>${commit(from)} → ${commit(to)}</small></h2>
    ${problemList(refusals, 'bad')} ${problemList(warnings, 'warn')}
    ${waits !== null && html`<p class="banner busy">${asSentence(visibleLine(waits))}</p>`}
    ${changes.length === 0 && refusals.length === 0 && html`<p class="empty">The cluster has what Git has.</p>`}
    <ul class="changes">
      ${changes.map((change) => changeOf(change))}
    </ul>
  </section>`;
}

const SIGNS: Readonly<Record<string, string>> = { create: '+', update: '~', replace: '±', prune: '−', release: '>' };

function changeOf({ op, object, source, reason, fields }: ChangeView): Html {
  return html`<li class="change ${op}">
    <p>
      <span class="op"><span aria-hidden="true">${SIGNS[op] ?? '·'}</span> ${op}</span>
      <strong>${visibleLine(object)}</strong> <span class="by">${visibleLine(source)}</span>
      ${reason !== null && html`<span class="note">${visibleLine(reason)}</span>`}
    </p>
    ${
      fields.length > 0 &&
      html`<dl class="fields">
        ${fields.map(
          ({ path, before, after }) =>
            html`<div>
              <dt>${visibleLine(path)}</dt>
              <dd>
                ${before !== null && html`<del><span class="visually-hidden">before </span>${visibleText(before)}</del>`}
                ${after !== null && html`<ins><span class="visually-hidden">after </span>${visibleText(after)}</ins>`}
              </dd>
            </div>`,
        )}
      </dl>`
    }
  </li>`;
}
