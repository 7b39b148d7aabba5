import { visibleLine } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { commit, layout, problemList } from './layout.ts';
import type { PageContext, PromoteView } from './model.ts';
import { editList, leftOutList } from './promotions.ts';

/** A promotion by hand before it is done: its edits first, then what it bypasses. */
export function promotePage(view: PromoteView, context: PageContext): string {
  const { from, to, problem, plan } = view;
  const title = `Promote ${from} to ${to}`;
  return layout(
    {
      title,
      trail: [
        { text: 'Targets', href: '/' },
        { text: 'Promotions', href: '/promotions' },
        { text: 'Promote', href: null },
      ],
      events: null,
      live: html`<h1>${title}</h1>
        <p class="lead">
          Writes the versions of ${from} to ${to}, in one commit. The conditions of the promotion are bypassed.
        </p>
        ${problem !== null && problemList([problem], 'bad')} ${plan !== null && planOf(plan, view)}
        ${plan !== null && confirmation(view, plan, context)}
        ${plan === null && html`<p class="buttons"><a class="button" href="/promotions">Back</a></p>`}`,
    },
    context,
  );
}

type Plan = NonNullable<PromoteView['plan']>;

function planOf(plan: Plan, { from, to }: PromoteView): Html {
  const { revision, edits, leftOut, passedOver, isHold, held } = plan;
  return html`<section class="card plan" aria-labelledby="edits">
    <h2 id="edits">
      ${edits.length} ${edits.length === 1 ? 'edit' : 'edits'} <small>${from} at ${commit(revision)}</small>
    </h2>
    ${edits.length === 0 && html`<p class="empty">${to} is up to date.</p>`} ${editList(edits)} ${leftOutList(leftOut)}
    ${
      passedOver.length > 0 &&
      html`<div class="banner warn">
        <strong>Bypassed</strong>
        <ul class="reasons">
          ${passedOver.map((reason) => html`<li>${visibleLine(reason)}</li>`)}
        </ul>
      </div>`
    }
    ${isHold && html`<p class="banner warn">Sets a hold: automation writes nothing to ${to} until a person promotes again.</p>`}
    ${held !== null && !isHold && html`<p class="banner busy">Ends the hold of ${visibleLine(held)}.</p>`}
  </section>`;
}

function confirmation(view: PromoteView, { digest, edits, held }: Plan, { formToken }: PageContext): Html {
  const isNeeded = edits.length > 0 || held !== null;
  const { promotion, from, to } = view;
  return html`<form class="card confirm" method="post" action="/promotions/${promotion}/${to}?from=${from}">
    <input type="hidden" name="form" value="${formToken ?? ''}" />
    <input type="hidden" name="plan" value="${digest}" />
    <p class="buttons">
      ${isNeeded && html`<button class="primary" type="submit">Promote</button>`}
      <a class="button" href="/promotions">${isNeeded ? 'Cancel' : 'Back'}</a>
    </p>
  </form>`;
}
