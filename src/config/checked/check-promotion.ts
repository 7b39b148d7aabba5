import type * as z from 'zod';
import { isBelow } from '../../snapshot/source.ts';
import { nameOfHost } from '../../githost/hosts.ts';
import { STATUS_HOSTS, statusReaderOf } from '../../githost/status-readers.ts';
import * as shape from '../promotions/promotion-shape.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import { filesBelow, refuseUnapproved } from './check-approval.ts';
import { checkProposes } from './check-pull-requests.ts';
import { writeRemedy } from './check-repository.ts';
import { checkName } from './check-settings.ts';
import type { Names } from './check-settings.ts';
import type { Promotion, PromotionStep, Target, TargetTemplate } from './config.ts';
import { cyclesOf } from '../written/dependency-cycles.ts';

interface Context {
  /** An entry with errors is null. */
  readonly targets: readonly (Target | null)[];
  readonly templates: readonly (TargetTemplate | null)[];
  readonly names: Names;
  readonly findings: Findings;
}

/** The entries of `promotions` by name. Every error is in the findings. */
export function checkPromotions(list: unknown, context: Context): ReadonlyMap<string, Promotion> {
  const promotions = new Map<string, Promotion>();
  if (list === undefined) return promotions;
  if (!Array.isArray(list)) {
    const remedy = 'Write each promotion as a list item: - name: shop, with its other keys below.';
    context.findings.error(['promotions'], { message: 'must be a list', remedy });
    return promotions;
  }
  const names = new Set<unknown>();
  const written: { readonly steps: readonly WrittenStep[]; readonly path: Path; readonly name: string }[] = [];
  for (const [index, value] of list.entries()) {
    const path = ['promotions', index];
    const name: unknown = isRecord(value) ? value['name'] : undefined;
    if (typeof name === 'string' && names.has(name)) {
      const remedy = 'Give each promotion a unique name.';
      context.findings.error([...path, 'name'], { message: 'is already used by another promotion', remedy });
    }
    names.add(name);
    const parsed = context.findings.parse(shape.promotion, value, path);
    const steps = isRecord(value) ? readSteps(value['stages'], [...path, 'stages'], context) : [];
    written.push({ steps, path, name: typeof name === 'string' ? name : '' });
    const isDefault = isRecord(value) && value['via'] === undefined;
    if (parsed !== null) promotions.set(parsed.name, promotionOf(parsed, { steps, path, isDefault }, context));
  }
  checkPairs(written, context);
  checkCircles(written, context);
  return promotions;
}

/** One target that is written to, by the names of the targets. */
interface WrittenStep {
  readonly to: string;
  readonly agree: 'all' | 'any';
  readonly from: readonly string[];
  readonly path: Path;
}

/** A name gets its versions from the entry before it. */
function readSteps(list: unknown, path: Path, context: Context): readonly WrittenStep[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  const steps: WrittenStep[] = [];
  const seen = new Set<string>();
  let before: string | null = null;
  for (const [index, entry] of entries.entries()) {
    const at = [...path, index];
    const step = stepOf(entry, { before, at }, context);
    if (step === null) continue;
    if (seen.has(step.to)) {
      context.findings.error(at, { message: 'is listed twice', remedy: `Remove one of the entries of ${step.to}.` });
      continue;
    }
    seen.add(step.to);
    before = step.to;
    if (step.from.length > 0) steps.push(step);
  }
  // Only names can form a list without a step: any other entry is a step, or has an error.
  if (Array.isArray(list) && steps.length === 0 && entries.every((entry) => typeof entry === 'string')) {
    const remedy = 'List the targets in their order: [shop-dev, shop-prod].';
    context.findings.error(path, { message: 'has no stage to promote to', remedy });
  }
  return steps;
}

function stepOf(
  entry: unknown,
  { before, at }: { readonly before: string | null; readonly at: Path },
  context: Context,
): WrittenStep | null {
  if (typeof entry === 'string') {
    checkStage(entry, at, context);
    return { to: entry, agree: 'all', from: before === null ? [] : [before], path: at };
  }
  if (!isRecord(entry)) {
    const remedy = 'Write shop-prod, or { to: shop-prod, from: { all: [shop-eu, shop-us] } }.';
    context.findings.error(at, { message: 'is not a stage', remedy });
    return null;
  }
  const step = context.findings.parse(shape.step, entry, at);
  if (step === null) return null;
  const agree = step.from.all === undefined ? 'any' : 'all';
  const from = step.from.all ?? step.from.any ?? [];
  checkStage(step.to, [...at, 'to'], context);
  for (const [index, name] of from.entries()) {
    const path = [...at, 'from', agree, index];
    checkStage(name, path, context);
    if (name === step.to) context.findings.error(path, { message: 'is the stage itself', remedy: 'Remove it.' });
    if (from.indexOf(name) < index)
      context.findings.error(path, { message: 'is listed twice', remedy: `Remove one of the entries of ${name}.` });
  }
  return { to: step.to, agree, from, path: at };
}

function checkStage(name: string, path: Path, { names, findings }: Context): void {
  if (names.templates.has(name)) {
    const remedy = 'Use a target without forEach: which targets a template generates is known only from Git.';
    findings.error(path, { message: 'is a target template, which cannot be a stage', remedy });
  } else checkName(name, path, { what: 'target', known: names.targets, findings });
}

function promotionOf(
  { name, carry, after, windows, via }: z.output<typeof shape.promotion>,
  {
    steps,
    path,
    isDefault,
  }: { readonly steps: readonly WrittenStep[]; readonly path: Path; readonly isDefault: boolean },
  context: Context,
): Promotion {
  const statuses = after.statuses.map(({ context: of, by }) => ({ context: of, by: by ?? null }));
  const resolved = steps.flatMap((step) => resolveStep(step, context));
  if (via === 'commit') for (const step of steps) checkCommit(step, isDefault, context);
  if (via === 'pullRequest') checkHosts(resolved, [...path, 'via'], context.findings);
  if (statuses.length > 0) checkStatuses(resolved, [...path, 'after', 'statuses'], context.findings);
  return {
    name,
    steps: resolved,
    carry: carry === 'images' ? { kind: 'images' } : { kind: 'paths', files: carry.files, values: carry.values },
    after: { soakMs: after.soak, statuses },
    windows,
    via,
  };
}

/** A host is named once. */
function checkHosts(steps: readonly PromotionStep[], path: Path, findings: Findings): void {
  for (const repository of new Set(steps.map(({ to }) => to.repository))) checkProposes(repository, path, findings);
}

function resolveStep({ to, agree, from, path }: WrittenStep, context: Context): readonly PromotionStep[] {
  const target = targetOf(to, context);
  const sources = from.map((name) => targetOf(name, context)).filter((source) => source !== null);
  // What is missing or wrong is in the findings.
  if (target === null || sources.length < from.length) return [];
  checkPlaces({ target, sources, path }, context.findings);
  checkWrite(target, path, context);
  return [{ to: target, from: { agree, targets: sources } }];
}

function targetOf(name: string, { targets }: Pick<Context, 'targets'>): Target | null {
  return targets.find((target) => target?.name === name) ?? null;
}

function checkCommit({ to, path }: WrittenStep, isDefault: boolean, context: Context): void {
  const target = targetOf(to, context);
  if (target === null) return;
  const { repository, branch } = target;
  const elsewhere = () => 'give the stage another branch or another path';
  const write = { repository, branch, files: [filesBelow(target.path)], elsewhere, isDefault };
  refuseUnapproved(write, context, { path, findings: context.findings });
}

/** A stage whose files contain those of another one would be its own source. */
function checkPlaces(
  { target, sources, path }: { readonly target: Target; readonly sources: readonly Target[]; readonly path: Path },
  findings: Findings,
): void {
  for (const source of sources) {
    const isSameBranch = source.repository === target.repository && source.ref === target.ref;
    if (!isSameBranch || source === target) continue;
    if (!isBelow(source.path, target.path) && !isBelow(target.path, source.path)) continue;
    const remedy = 'Give each stage its own path or its own branch.';
    findings.error(path, { message: `has a path that overlaps with that of ${source.name}`, remedy });
  }
}

function checkWrite({ repository }: Target, path: Path, { findings }: Context): void {
  if (repository.write !== null) return;
  const remedy = `${writeRemedy(repository.host, ` to ${repository.name}`)}.`;
  findings.error(path, { message: `is in ${repository.name}, which has no credentials to write with`, remedy });
}

function checkStatuses(steps: readonly PromotionStep[], path: Path, findings: Findings): void {
  const sources = steps.flatMap(({ from }) => from.targets);
  for (const repository of new Set(sources.map((source) => source.repository))) {
    const { name, host, credentials } = repository;
    if (statusReaderOf(host) === null) {
      const remedy = `Remove them; they work on ${STATUS_HOSTS.join(', ')}.`;
      findings.error(path, { message: `cannot be read, because ${name} has host: ${nameOfHost(host)}`, remedy });
    } else if (credentials === null) {
      const remedy = `Add credentials: env:FLEET_TOKEN to ${name}.`;
      findings.error(path, { message: `require credentials of ${name}, which has none`, remedy });
    }
  }
}

type Written = readonly { readonly steps: readonly WrittenStep[]; readonly path: Path; readonly name: string }[];

/** `headgate promote FROM TO` has to mean one promotion. */
function checkPairs(written: Written, { findings }: Context): void {
  const owners = new Map<string, string>();
  for (const { steps, name } of written) {
    for (const { to, from, path } of steps) {
      for (const source of from) {
        const pair = `${source} → ${to}`;
        const owner = owners.get(pair) ?? name;
        owners.set(pair, owner);
        if (owner === name) continue;
        const remedy = 'Remove it from one of the two.';
        findings.error(path, { message: `is promoted from ${source} by ${owner} already`, remedy });
      }
    }
  }
}

/** What moves in a circle would never end. */
function checkCircles(written: Written, { findings }: Context): void {
  const steps = written.flatMap((each) => each.steps);
  const edges = new Map<string, readonly string[]>();
  for (const { to, from } of steps) edges.set(to, [...(edges.get(to) ?? []), ...from.filter((name) => name !== to)]);
  for (const cycle of cyclesOf(edges)) {
    const [first = ''] = cycle;
    const path = steps.find(({ to }) => to === first)?.path ?? ['promotions'];
    findings.error(path, {
      message: `forms a cycle: ${[first, ...cycle.toReversed()].join(' → ')}`,
      remedy: 'Remove one of these stages.',
    });
  }
}
