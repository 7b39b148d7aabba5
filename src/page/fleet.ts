import { visibleLine } from '../error/visible-text.ts';
import { countsOf, fleetAddress, selectRows, SHOWS } from './fleet-query.ts';
import type { FleetGroup, FleetQuery, Show } from './fleet-query.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { ago, commit, layout, pill, problemList } from './layout.ts';
import type { FleetRow, FleetView, PageContext } from './model.ts';
import { toneOf } from './model.ts';

const TITLES: Readonly<Record<Show, string>> = {
  all: 'All',
  failing: 'Failing',
  drifted: 'Drifted',
  held: 'Held',
  waiting: 'Under way',
  ready: 'Ready',
};

/** All targets: what waits, is held, drifts or failed comes first. */
export function fleetPage(view: FleetView, query: FleetQuery, context: PageContext): string {
  const groups = selectRows(view.rows, query);
  const shown = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  return layout(
    {
      title: 'Targets',
      trail: [{ text: 'Targets', href: null }],
      tools: tools(query),
      events: `/events${fleetAddress(query).slice(1)}`,
      live: html`
        <h1 class="visually-hidden">Targets</h1>
        ${filters(view.rows, query)} ${problemList(view.problems, 'bad')}
        <p class="count" id="count" role="status">
          ${shown} of ${view.rows.length} targets, read ${ago(view.readAt, context.nowMs)}
        </p>
        ${
          view.images > 0 &&
          html`<p><a href="/images">${view.images} image ${view.images === 1 ? 'policy' : 'policies'}</a></p>`
        }
        ${
          view.promotions > 0 &&
          html`<p>
            <a href="/promotions">${view.promotions} ${view.promotions === 1 ? 'promotion' : 'promotions'}</a>
          </p>`
        }
        ${shown === 0 ? empty(view, query) : groups.map((group) => section(group, context.nowMs))}
      `,
    },
    context,
  );
}

function tools(query: FleetQuery): Html {
  const option = (value: string, text: string, chosen: string) =>
    html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`;
  return html`<form class="tools" method="get" action="/" role="search">
    <label class="search"
      ><span class="visually-hidden">Search targets</span>
      <input
        id="search"
        type="search"
        name="q"
        value="${query.search}"
        placeholder="Search name, commit, author, cluster …"
        autocomplete="off"
    /></label>
    <label
      >Group by
      <select name="group">
        ${option('cluster', 'cluster', query.group)} ${option('repository', 'repository', query.group)}
        ${option('none', 'nothing', query.group)}
      </select></label
    >
    <label
      >Sort by
      <select name="sort">
        ${option('urgency', 'urgency', query.sort)} ${option('name', 'name', query.sort)}
        ${option('deployed', 'last deployed', query.sort)}
      </select></label
    >
    ${query.show !== 'all' && html`<input type="hidden" name="show" value="${query.show}" />`}
    <button type="submit">Show</button>
  </form>`;
}

function filters(rows: readonly FleetRow[], query: FleetQuery): Html {
  const counts = countsOf(rows);
  return html`<nav class="filters" aria-label="Filter targets">
    ${SHOWS.map(
      (show) =>
        html`<a
          class="filter ${show}"
          href="${fleetAddress(query, { show })}"
          ${show === query.show && html`aria-current="true"`}
          ><b>${counts[show]}</b> ${TITLES[show]}</a
        >`,
    )}
  </nav>`;
}

function section({ name, rows }: FleetGroup, nowMs: number): Html {
  const bad = rows.filter(({ condition }) => toneOf(condition) === 'bad').length;
  return html`<section class="group">
    ${name !== '' && html`<h2>${name} <small>${rows.length} ${rows.length === 1 ? 'target' : 'targets'}${bad > 0 && html`, ${bad} failing`}</small></h2>`}
    <div class="scroll">
      <table class="fleet">
        <thead>
          <tr>
            <th scope="col">Condition</th>
            <th scope="col">Target</th>
            <th scope="col">Commit</th>
            <th scope="col">Deployed</th>
            <th scope="col">Where</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => rowOf(row, nowMs))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function rowOf(row: FleetRow, nowMs: number): Html {
  const { name, condition, note, revision, subject, author, deployedAt, cluster, namespace, repository, path } = row;
  return html`<tr>
    <td>${pill(toneOf(condition), condition)}</td>
    <th scope="row">
      <a href="/targets/${name}">${name}</a>${note !== '' && html`<span class="note">${visibleLine(note)}</span>`}
    </th>
    <td>
      ${commit(revision)}${subject !== null && html` <span class="subject">${visibleLine(subject)}</span>`}${author !== null && html`<span class="by">${visibleLine(author)}</span>`}
    </td>
    <td>${ago(deployedAt, nowMs)}</td>
    <td class="where">${cluster} / ${namespace}<span class="by">${repository}:${path === '' ? '/' : path}</span></td>
  </tr>`;
}

function empty({ rows }: FleetView, query: FleetQuery): Html {
  if (rows.length === 0) return html`<p class="empty">headgate.yml defines no targets yet.</p>`;
  const everything = fleetAddress(query, { show: 'all', search: '' });
  return html`<p class="empty">No target matches. <a href="${everything}">Show all ${rows.length}</a>.</p>`;
}
