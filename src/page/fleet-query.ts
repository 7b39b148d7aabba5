import { beginningOf } from '../error/cut-text.ts';
import { CONDITIONS } from './model.ts';
import type { TargetCondition, FleetRow } from './model.ts';

/** Which targets the fleet page shows, and how: its query parameters. */
export interface FleetQuery {
  readonly search: string;
  readonly show: Show;
  readonly group: 'cluster' | 'repository' | 'none';
  readonly sort: 'name' | 'urgency' | 'deployed';
}

export const SHOWS = ['all', 'failing', 'drifted', 'held', 'waiting', 'ready'] as const;
export type Show = (typeof SHOWS)[number];

const GROUPS = ['cluster', 'repository', 'none'] as const;
const SORTS = ['urgency', 'name', 'deployed'] as const;

export function parseFleetQuery(parameters: URLSearchParams): FleetQuery {
  return {
    search: beginningOf((parameters.get('q') ?? '').trim(), 200),
    show: oneOf(SHOWS, parameters.get('show')),
    group: oneOf(GROUPS, parameters.get('group')),
    sort: oneOf(SORTS, parameters.get('sort')),
  };
}

/** The address of the fleet page with some of it changed. What is the default is left out. */
export function fleetAddress(query: FleetQuery, change: Partial<FleetQuery> = {}): string {
  const { search, show, group, sort } = { ...query, ...change };
  const given = { q: search, show: show === 'all' ? '' : show, group: group === 'cluster' ? '' : group };
  const all = { ...given, sort: sort === 'urgency' ? '' : sort };
  const parameters = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  return parameters.size === 0 ? '/' : `/?${parameters.toString()}`;
}

export interface FleetGroup {
  /** Empty: the targets are not grouped. */
  readonly name: string;
  readonly rows: readonly FleetRow[];
}

/** Searched in everything that a row shows: each word has to be somewhere. */
export function selectRows(rows: readonly FleetRow[], query: FleetQuery): readonly FleetGroup[] {
  const words = query.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = rows.filter((row) => isShown(row, query.show) && words.every((word) => textOf(row).includes(word)));
  const sorted = found.toSorted((a, b) => compare(a, b, query.sort) || (a.name < b.name ? -1 : 1));
  if (query.group === 'none') return [{ name: '', rows: sorted }];
  const { group } = query;
  return [...Map.groupBy(sorted, (row) => row[group])]
    .map(([name, members]) => ({ name, rows: members }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function countsOf(rows: readonly FleetRow[]): Readonly<Record<Show, number>> {
  const count = (show: Show) => rows.filter((row) => isShown(row, show)).length;
  return {
    all: rows.length,
    failing: count('failing'),
    drifted: count('drifted'),
    held: count('held'),
    waiting: count('waiting'),
    ready: count('ready'),
  };
}

const FAILING: ReadonlySet<TargetCondition> = new Set(['unreadable', 'failed', 'not ready', 'retrying']);
const WAITING: ReadonlySet<TargetCondition> = new Set(['waiting', 'progressing']);

function isShown({ condition, drifted, isHeld }: FleetRow, show: Show): boolean {
  switch (show) {
    case 'all':
      return true;
    case 'failing':
      return FAILING.has(condition);
    case 'drifted':
      return drifted > 0;
    case 'held':
      return isHeld;
    case 'waiting':
      return WAITING.has(condition);
    case 'ready':
      return condition === 'ready';
    default:
      return show satisfies never;
  }
}

/** In lower case. */
export function textOf(row: FleetRow): string {
  const { name, repository, branch, path, cluster, namespace, condition, note, revision, subject, author } = row;
  const texts = [name, repository, branch, path, cluster, namespace, condition, note, revision, subject, author];
  return texts.join(' ').toLowerCase();
}

function compare(a: FleetRow, b: FleetRow, sort: FleetQuery['sort']): number {
  if (sort === 'urgency') return CONDITIONS.indexOf(a.condition) - CONDITIONS.indexOf(b.condition);
  if (sort === 'name') return 0;
  return (b.deployedAt ?? '') < (a.deployedAt ?? '') ? -1 : (b.deployedAt ?? '') > (a.deployedAt ?? '') ? 1 : 0;
}

function oneOf<T extends string>(allowed: readonly [T, ...T[]], given: string | null): T {
  return allowed.find((each) => each === given) ?? allowed[0];
}
