import { visibleLine } from '../error/visible-text.ts';
import { html } from './html.ts';
import type { HtmlContent, Html } from './html.ts';
import { activityBox, ago, commit, layout, pill, problemList } from './layout.ts';
import type { EditView, PageContext, PipelineView, PromotionsView, StageView, StepView, Tone } from './model.ts';

/** While an action runs, a page without scripts loads itself again. */
const RELOAD_SECONDS = 3;

/** All promotions: the stages from left to right, what each has, and what would move next. */
export function promotionsPage({ pipelines, readAt }: PromotionsView, context: PageContext): string {
  const stages = pipelines.flatMap(({ columns }) => columns.flat());
  const isRunning = stages.some(({ activity }) => activity?.state === 'running');
  return layout(
    {
      title: 'Promotions',
      trail: [
        { text: 'Targets', href: '/' },
        { text: 'Promotions', href: null },
      ],
      events: '/events?promotions=all',
      reloadSeconds: isRunning ? RELOAD_SECONDS : null,
      live: html`<h1>Promotions</h1>
        <p class="count">
          ${pipelines.length} ${pipelines.length === 1 ? 'promotion' : 'promotions'}, read ${ago(readAt, context.nowMs)}
        </p>
        ${pipelines.length === 0 && html`<p class="empty">headgate.yml has no promotions.</p>`}
        ${pipelines.map((pipeline) => pipelineOf(pipeline, context))}`,
    },
    context,
  );
}

function pipelineOf({ name, columns }: PipelineView, context: PageContext): Html {
  return html`<section class="group" aria-labelledby="promotion-${name}">
    <h2 id="promotion-${name}">${name} <small>${columns.flat().length} stages</small></h2>
    <div class="scroll bare" tabindex="0" role="region" aria-label="Stages of ${name}">
      <ol class="stages">
        ${columns.map(
          (stages) => html`<li>${stages.map((stage) => stageOf(stage, { promotion: name, context }))}</li>`,
        )}
      </ol>
    </div>
  </section>`;
}

interface Shown {
  readonly promotion: string;
  readonly context: PageContext;
}

function stageOf(stage: StageView, { promotion, context }: Shown): Html {
  const { name, condition, note, versions, revision, since, incoming, activity, problem } = stage;
  const id = `${promotion}-${name}`;
  return html`<article class="card stage" aria-labelledby="${id}">
    <div class="head">
      <h3 id="${id}"><a href="/targets/${name}">${name}</a></h3>
      ${pill(condition.tone, condition.text)}
    </div>
    ${activityBox(activity, context.nowMs)} ${note !== null && html`<p class="note">${visibleLine(note)}</p>`}
    ${problem !== null && problemList([problem], 'bad')}
    ${
      versions.length > 0 &&
      html`<ul class="versions">
        ${versions.map(
          ({ key, version }) => html`<li><span class="by">${visibleLine(key)}</span> ${visibleLine(version)}</li>`,
        )}
      </ul>`
    }
    <p class="where">${commit(revision)} ${revision !== null && since !== null && ago(since, context.nowMs)}</p>
    ${incoming !== null && stepOf(incoming, { promotion, to: name, context })}
  </article>`;
}

function stepOf(step: StepView, { promotion, to, context }: Shown & { readonly to: string }): Html {
  const { from, agree, reasons, edits, leftOut, problem } = step;
  const sources = from.length === 1 ? from.join('') : `${agree} of ${from.join(', ')}`;
  return html`<div class="step">
    <p>${pill(...stateOf(step))} <span class="by">from ${sources}</span></p>
    ${
      reasons.length > 0 &&
      html`<ul class="reasons">
        ${reasons.map((reason) => html`<li>${visibleLine(reason)}</li>`)}
      </ul>`
    }
    ${problem !== null && problemList([problem], 'bad')} ${editList(edits)} ${leftOutList(leftOut)}
    ${context.formToken !== null && edits.length > 0 && promoteLinks({ promotion, from, to })}
  </div>`;
}

function promoteLinks({ promotion, from, to }: { promotion: string; from: readonly string[]; to: string }): Html {
  const text = (source: string) => (from.length === 1 ? `Promote to ${to}` : `Promote ${source} to ${to}`);
  const links = from.map(
    (source) => html`<a class="button" href="/promotions/${promotion}/${to}?from=${source}">${text(source)}</a>`,
  );
  return html`<p class="buttons">${links}</p>`;
}

function stateOf({ outcome }: StepView): readonly [Tone, string] {
  switch (outcome) {
    case 'current':
      return ['good', 'up to date'];
    case 'moves':
      return ['busy', 'moves next'];
    case 'waits':
      return ['warn', 'waits'];
    case 'unreadable':
      return ['bad', 'unreadable'];
    default:
      return outcome satisfies never;
  }
}

/** What is written, place by place. */
export function editList(edits: readonly EditView[]): HtmlContent {
  if (edits.length === 0) return null;
  return html`<dl class="fields edits">
    ${edits.map(
      ({ place, key, before, after }) =>
        html`<div>
          <dt>${visibleLine(place)}<span class="by">${visibleLine(key)}</span></dt>
          <dd>
            <del><span class="visually-hidden">before </span>${visibleLine(before)}</del>
            <ins><span class="visually-hidden">after </span>${visibleLine(after)}</ins>
          </dd>
        </div>`,
    )}
  </dl>`;
}

export function leftOutList(leftOut: StepView['leftOut']): HtmlContent {
  if (leftOut.length === 0) return null;
  return html`<ul class="reasons">
    ${leftOut.map(({ key, reason }) => html`<li>${visibleLine(key)} does not move: ${visibleLine(reason)}</li>`)}
  </ul>`;
}
