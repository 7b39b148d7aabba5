import type { Planned } from '../prepare/planned.ts';
import type { ChangePreview } from '../ports/cluster.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { restartsPods } from '../../plan/model/restarts.ts';
import { describeUndecided, prunesNow } from '../../plan/model/plan.ts';
import type { Prune, Write } from '../../plan/model/plan.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Entry } from '../../state/inventory.ts';

/** What `headgate plan` shows, in whatever format. */
export interface ShownPlan {
  readonly target: string;
  /** Null for a working directory. */
  readonly revision: Revision | null;
  /** The working directory that is planned instead of a commit. */
  readonly directory: string | null;
  /** The merge of a pull request that is planned: `revision` may exist only in memory. */
  readonly pullRequest: MergedPullRequest | null;
  readonly previous: Revision | null;
  /** Empty if anything is refused: then nothing is written. */
  readonly changes: readonly PlannedChange[];
  readonly refusals: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What has to be ready before the deploy, or its next step, writes. */
  readonly waitingFor: readonly string[];
  /** A hold or a window leaves the commit for later: `waitingFor` has the reason. */
  readonly isDeferred: boolean;
  /** What the plan is approved by; null: no key is configured. */
  readonly hash: string | null;
}

/** Which merge a plan is of. */
export interface MergedPullRequest {
  readonly number: number;
  readonly head: Revision;
  /** Of the branch. */
  readonly tip: Revision;
}

export interface PlannedChange {
  readonly op: 'create' | 'update' | 'replace' | 'prune' | 'release' | 'keep';
  readonly id: ResourceId;
  /** `apps/web.yaml:7`, or only the file. */
  readonly source: string;
  readonly fields: readonly FieldChange[];
  readonly reason: string | null;
  /** The update replaces pods, because their template changes. */
  readonly restarts: boolean;
}

type Refused = Extract<ChangePreview, { kind: 'refused' }>;

/** Would a deploy change the cluster? */
export function changesAnything({ changes }: Pick<ShownPlan, 'changes'>): boolean {
  return changes.some(({ op }) => op !== 'keep');
}

/** `2 to create, 1 to update, 0 to prune` */
export function summaryOf({ changes, refusals }: Pick<ShownPlan, 'changes' | 'refusals'>): string {
  if (refusals.length > 0) return `refused: ${refusals.length} ${refusals.length === 1 ? 'error' : 'errors'}`;
  if (!changesAnything({ changes })) return 'no changes';
  const count = (op: PlannedChange['op']) => changes.filter((change) => change.op === op).length;
  const always = ['create', 'update', 'replace', 'prune', 'release'] as const;
  return always
    .filter((op) => count(op) > 0 || (op !== 'replace' && op !== 'release'))
    .map((op) => `${count(op)} to ${op}`)
    .join(', ');
}

/** What is planned, and with what it is compared. */
export function comparedCommits({ revision, previous, pullRequest }: ComparedPlan): readonly [string, string] {
  const planned =
    pullRequest === null
      ? (revision?.slice(0, 12) ?? 'working directory')
      : `#${pullRequest.number} at ${pullRequest.head.slice(0, 12)} merged into ${pullRequest.tip.slice(0, 12)}`;
  return [previous?.slice(0, 12) ?? 'nothing', planned];
}

type ComparedPlan = Pick<ShownPlan, 'revision' | 'previous' | 'pullRequest'>;

/** What is planned, and who may see it. */
export interface Shown extends Pick<ShownPlan, 'target' | 'directory' | 'pullRequest'> {
  /** Values of objects that the target does not own are left out: more people read a pull request than the cluster. */
  readonly hidesForeign: boolean;
}

/** Reads the fields that change, and what the API server says about each change. */
export async function showPlan(
  planned: Planned,
  { target, directory, pullRequest, hidesForeign }: Shown,
  signal: AbortSignal,
): Promise<ShownPlan> {
  const previewed = planned.refusals.length > 0 ? [] : await previewAll(planned, { hidesForeign, signal });
  const refusals = [...planned.refusals, ...previewed.flatMap((each) => ('problem' in each ? [each.problem] : []))];
  const { revision, previous, warnings, waitingFor, isDeferred, hash } = planned;
  return {
    target,
    revision: directory === null ? revision : null,
    directory,
    pullRequest,
    previous,
    changes: refusals.length > 0 ? [] : previewed.flatMap((each) => ('problem' in each ? [] : [each])),
    refusals,
    warnings,
    waitingFor,
    isDeferred,
    hash: refusals.length > 0 ? null : hash,
  };
}

async function previewAll(
  planned: Planned,
  { hidesForeign, signal }: { readonly hidesForeign: boolean; readonly signal: AbortSignal },
): Promise<readonly (PlannedChange | Refused)[]> {
  const { steps: inOrder, prunes: deletions, releases, undecided, observed } = planned;
  if (observed === null) return [];
  // A step applies its objects in parallel: sort them by name, so that the same plan always reads the same.
  const steps = inOrder.map((step) => step.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)));
  const previewOf = (change: Write | Prune) => observed.preview(change, planned, signal);
  const writes = steps
    .flat()
    .map(async (write) =>
      hidesForeign && isForeign(write) ? foreignChange(write) : previewWrite(write, await previewOf(write)),
    );
  const now = new Set(prunesNow(planned).flat());
  const prunes = deletions.flat().map(async (prune) => {
    const change = previewPrune(prune, await previewOf(prune));
    return change.op === 'prune' && !now.has(prune) ? { ...change, reason: 'in a later run' } : change;
  });
  const changes = (await Promise.all([...writes, ...prunes])).flatMap((change) => (change === null ? [] : [change]));
  return [
    ...changes,
    ...releases.map(({ op, entry, to }) => leftChange(op, entry, `target ${to} defines it at this commit`)),
    ...undecided.map(({ entry, by }) => leftChange('keep', entry, describeUndecided(by))),
  ];
}

function leftChange(op: 'release' | 'keep', { id, file }: Entry, reason: string): PlannedChange {
  return { op, id, source: file, fields: [], reason, restarts: false };
}

function nameOf({ candidate }: Write): string {
  return formatId(candidate.resource.id);
}

/** Does something else own the object that is updated, or did? */
function isForeign({ op, candidate }: Write): boolean {
  return op === 'update' && candidate.live !== null;
}

function foreignChange({ op, candidate: { resource } }: Write): PlannedChange {
  const { id, source } = resource;
  const reason = 'its values are not shown, because this target does not own it yet';
  return { op, id, source: formatPosition(source), fields: [], reason, restarts: false };
}

/** Null when the dry run shows that applying it changes nothing; it has not passed for an unverified write. */
function previewWrite(write: Write, preview: ChangePreview): PlannedChange | Refused | null {
  const { id, source } = write.candidate.resource;
  if (preview.kind === 'refused') return preview;
  const fields = preview.kind === 'differs' ? preview.fields : [];
  if (write.op === 'update' && fields.length === 0 && !write.unverified) return null;
  const reason = write.unverified ? 'not verified: it depends on an object of the same push' : null;
  const restarts = restartsPods(write.candidate.resource, fields);
  return { op: write.op, id, source: formatPosition(source), fields, reason, restarts };
}

function previewPrune(prune: Prune, preview: ChangePreview): PlannedChange {
  const { id, file } = prune.entry;
  if (preview.kind === 'keep')
    return { op: 'keep', id, source: file, fields: [], reason: preview.reason, restarts: false };
  return { op: 'prune', id, source: file, fields: [], reason: null, restarts: false };
}
