import { visibleLine } from '../error/visible-text.ts';
import { eventsSection } from './events.ts';
import { html } from './html.ts';
import type { HtmlContent, Html } from './html.ts';
import { activityBox, ago, asSentence, commit, layout, pill, problemList } from './layout.ts';
import type { HistoryRow, ObjectNode, ObjectsView, PageContext, TargetView, Tone } from './model.ts';
import { toneOf } from './model.ts';

/** While an action runs, a page without scripts loads itself again. */
const RELOAD_SECONDS = 3;

/** One target: what is deployed, since when, whether it works, and what happened before. */
export function targetPage(view: TargetView, context: PageContext): string {
  const { row, activity } = view;
  return layout(
    {
      title: row.name,
      trail: [
        { text: 'Targets', href: '/' },
        { text: row.name, href: null },
      ],
      events: `/events?target=${row.name}`,
      reloadSeconds: activity?.state === 'running' ? RELOAD_SECONDS : null,
      live: html`
        <div class="head">
          <h1>${row.name}</h1>
          ${pill(toneOf(row.condition), row.condition)} ${actions(view, context)}
        </div>
        ${activityBox(activity, context.nowMs)} ${banners(view, context.nowMs)} ${problemList(view.problems, 'bad')}
        <div class="columns">${facts(view, context.nowMs)} ${objects(view.objects)}</div>
        ${history(view.history, context.nowMs)} ${eventsSection(view.objects.events, context.nowMs)}
      `,
    },
    context,
  );
}

function actions({ row, hold, awaitsApproval }: TargetView, { formToken }: PageContext): Html {
  const link = (action: string, text: string) =>
    html`<a class="button" href="/targets/${row.name}/${action}">${text}</a>`;
  return html`<nav class="actions" aria-label="Actions">
    ${link('plan', 'Plan now')}
    ${
      formToken !== null && [
        hold === null && (awaitsApproval ? link('approve', 'Approve') : link('deploy', 'Deploy')),
        link('hold', hold === null ? 'Hold' : 'Change hold'),
        hold !== null && link('release', 'Release'),
        link('rollback', 'Roll back'),
      ]
    }
  </nav>`;
}

function banners({ hold, drift, waits }: TargetView, nowMs: number): readonly HtmlContent[] {
  return [
    hold !== null &&
      html`<p class="banner warn">
        ${visibleLine(hold.text)}${hold.at !== null && html`, at ${commit(hold.at)}`}${
          hold.until !== null && html`, until <time datetime="${hold.until}">${hold.until}</time>`
        }
      </p>`,
    drift !== null &&
      html`<p class="banner warn">
        ${drift.objects} ${drift.objects === 1 ? 'object differs' : 'objects differ'} from Git, found
        ${ago(drift.since, nowMs)}. The plan shows the fields.
      </p>`,
    waits !== null && html`<p class="banner busy">${asSentence(visibleLine(waits))}</p>`,
  ];
}

function facts({ row, verdict, attempted, hold, drift, waits }: TargetView, nowMs: number): Html {
  const hasBanner = hold !== null || drift !== null || waits !== null;
  const rows: readonly (readonly [string, HtmlContent])[] = [
    ['Commit', commit(row.revision)],
    ['Subject', row.subject === null ? html`<span class="none">not read</span>` : visibleLine(row.subject)],
    ['Author', row.author === null ? html`<span class="none">not read</span>` : visibleLine(row.author)],
    ['Deployed', ago(row.deployedAt, nowMs)],
    ['Verdict', verdict ?? html`<span class="none">none</span>`],
    ...(attempted === null || attempted === row.revision ? [] : [['Attempted', commit(attempted)] as const]),
    ['Source', `${row.repository} · ${row.branch} · ${row.path === '' ? '/' : row.path}`],
    ['Cluster', `${row.cluster} · ${row.namespace}`],
  ];
  return html`<section class="card facts" aria-labelledby="deployed">
    <h2 id="deployed">Deployed</h2>
    ${!hasBanner && row.note !== '' && html`<p class="note">${visibleLine(row.note)}</p>`}
    <dl>
      ${rows.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function objects({ nodes, notes }: ObjectsView): Html {
  return html`<section class="card objects" aria-labelledby="objects">
    <h2 id="objects">Objects <small>${nodes.length}</small></h2>
    ${notes.map((note) => html`<p class="note">${visibleLine(note)}</p>`)}
    ${
      nodes.length === 0
        ? html`<p class="empty">The target owns nothing.</p>`
        : html`<ul class="tree">
            ${nodes.map((node) => nodeOf(node))}
          </ul>`
    }
  </section>`;
}

function nodeOf(node: ObjectNode): Html {
  const { kind, namespace, name, source, children } = node;
  const line = html`${healthOf(node)}<span class="kind">${kind}</span>
    <span class="name">${visibleLine(name)}</span>
    ${node.mayHaveDrifted && html`<span class="badge">may have drifted</span>`}
    <span class="by">${[namespace, source].filter((text) => text !== null && text !== '').join(' · ')}</span>
    ${reasonOf(node)}`;
  if (children.length === 0) return html`<li><div class="node">${line}</div></li>`;
  const isOpen = children.some((child) => isTroubled(child));
  return html`<li>
    <details id="${`object-${kind}-${namespace}-${name}`}" ${isOpen && html`open`}>
      <summary class="node">${line}</summary>
      <ul>
        ${children.map((child) => nodeOf(child))}
      </ul>
    </details>
  </li>`;
}

function isTroubled({ health, children }: ObjectNode): boolean {
  return (health !== null && health.kind !== 'ready') || children.some((child) => isTroubled(child));
}

const HEALTH_TONES = { ready: 'good', progressing: 'busy', failed: 'bad', unknown: 'calm' } as const;

function healthOf({ health }: ObjectNode): Html {
  const [tone, text] = health === null ? ['calm', 'applied'] : [HEALTH_TONES[health.kind], health.kind];
  return html`<span class="dot ${tone}"
    ><span class="mark" aria-hidden="true"></span><span class="visually-hidden">${text}</span></span
  >`;
}

function reasonOf({ health }: ObjectNode): Html | null {
  if (health === null || health.kind === 'ready') return null;
  return html`<span class="reason ${HEALTH_TONES[health.kind]}">${health.kind}: ${visibleLine(health.reason)}</span>`;
}

const VERDICT_TONES: Readonly<Record<string, Tone>> = {
  deployed: 'good',
  unchanged: 'calm',
  waiting: 'busy',
  refused: 'bad',
  partial: 'bad',
  failed: 'bad',
};

function history(rows: readonly HistoryRow[], nowMs: number): Html {
  return html`<section class="card" aria-labelledby="history">
    <h2 id="history">History</h2>
    ${
      rows.length === 0
        ? html`<p class="empty">Nothing was deployed yet.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-labelledby="history">
            <table>
              <thead>
                <tr>
                  <th scope="col">Ended</th>
                  <th scope="col">Verdict</th>
                  <th scope="col">Commit</th>
                  <th scope="col">Changes</th>
                  <th scope="col">Took</th>
                  <th scope="col">Requested by</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map((row) => historyRow(row, nowMs))}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function historyRow(
  { revision, verdict, subject, author, changes, durationMs, by, approvedBy, at }: HistoryRow,
  nowMs: number,
): Html {
  return html`<tr>
    <td>${ago(at, nowMs)}</td>
    <td>${pill(VERDICT_TONES[verdict] ?? 'calm', verdict)}</td>
    <td>
      ${commit(revision)}${subject !== null && html` <span class="subject">${visibleLine(subject)}</span>`}${
        author !== null && html`<span class="by">${visibleLine(author)}</span>`
      }
    </td>
    <td>${changes}</td>
    <td>${(durationMs / 1000).toFixed(1)} s</td>
    <td class="where">
      ${visibleLine(by)}${approvedBy !== undefined && html`<span class="by">approved by ${visibleLine(approvedBy)}</span>`}
    </td>
  </tr>`;
}
