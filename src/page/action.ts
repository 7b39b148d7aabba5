import { visibleLine } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { HtmlContent, Html } from './html.ts';
import { layout, problemList } from './layout.ts';
import type { ActionName, HistoryRow, PageContext, PlanView, ProblemView } from './model.ts';
import { planSection } from './plan.ts';

export interface ActionView {
  readonly target: string;
  readonly action: ActionName;
  /** What the action would change; null: it changes no object. */
  readonly plan: PlanView | null;
  /** The commit that the plan is for: the form sends it, so that nothing else is deployed. */
  readonly revision: string | null;
  /** For a rollback: the commits to choose from. */
  readonly history: readonly HistoryRow[];
  /** Why the form came back. */
  readonly problem: ProblemView | null;
}

const TITLES: Readonly<Record<ActionName, string>> = {
  deploy: 'Deploy the tip',
  approve: 'Approve the plan',
  hold: 'Hold',
  release: 'Release',
  rollback: 'Roll back',
};

const TEXTS: Readonly<Record<ActionName, string>> = {
  deploy: 'Deploys the tip of the branch now, as a push would.',
  approve: 'Approves this plan by its hash, and deploys it now. If the plan has changed by then, nothing is deployed.',
  hold: 'Keeps the target where it is, whatever is pushed. Drift is still corrected. A run in progress finishes.',
  release: 'Ends the hold and deploys the tip of the branch.',
  rollback: 'Deploys an earlier commit and holds the target there, until it is released.',
};

/** An action before it is done: its plan first, then its fields. */
export function actionPage(view: ActionView, context: PageContext): string {
  const { target, action, plan, problem } = view;
  return layout(
    {
      title: `${TITLES[action]}: ${target}`,
      trail: [
        { text: 'Targets', href: '/' },
        { text: target, href: `/targets/${target}` },
        { text: TITLES[action], href: null },
      ],
      events: null,
      live: html`<h1>${TITLES[action]}</h1>
        <p class="lead">${TEXTS[action]}</p>
        ${problem !== null && problemList([problem], 'bad')} ${action === 'rollback' && chooser(view)}
        ${plan !== null && planSection(plan)} ${confirmation(view, context)}`,
    },
    context,
  );
}

function confirmation({ target, action, plan, revision }: ActionView, { formToken }: PageContext): Html {
  const isRefused = plan !== null && plan.refusals.length > 0;
  const hash = action === 'approve' ? (plan?.hash ?? null) : null;
  if (action === 'approve' && hash === null && !isRefused)
    return html`<p class="note">Plans cannot be approved: no key is configured.</p>`;
  return html`<form class="card confirm" method="post" action="/targets/${target}/${action}">
    <input type="hidden" name="form" value="${formToken}" />
    ${revision !== null && html`<input type="hidden" name="revision" value="${revision}" />`}
    ${hash !== null && [html`<input type="hidden" name="hash" value="${hash}" />`, html`<p>Plan <code>${hash}</code></p>`]}
    ${
      (action === 'hold' || action === 'rollback') &&
      html`<label
        >Reason, shown to everyone who pushes
        <input type="text" name="reason" maxlength="200" ${action === 'hold' && html`required`} autocomplete="off"
      /></label>`
    }
    ${
      action === 'hold' &&
      html`<label
        >Until <small>a duration such as 2h, or a time such as 2026-12-01T09:00:00Z; empty: until it is released</small>
        <input type="text" name="until" maxlength="40" autocomplete="off"
      /></label>`
    }
    ${isRefused && html`<p class="note">The plan is refused, so this would fail.</p>`}
    <p class="buttons">
      <button class="primary" type="submit">${TITLES[action]}</button>
      <a class="button" href="/targets/${target}">Cancel</a>
    </p>
  </form>`;
}

function chooser({ target, history, revision }: ActionView): Html {
  const option = ({ revision: each, subject, verdict }: HistoryRow): HtmlContent =>
    html`<option value="${each}" ${each === revision && html`selected`}>
      ${each.slice(0, 12)} ${verdict} ${visibleLine(subject ?? '')}
    </option>`;
  return html`<form class="card tools" method="get" action="/targets/${target}/rollback">
    <label
      >Commit
      <select name="to">
        ${history.map((row) => option(row))}
      </select></label
    >
    <button type="submit">Plan this commit</button>
  </form>`;
}
