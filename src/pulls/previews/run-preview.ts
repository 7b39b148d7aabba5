import type { Preview } from '../../config/checked/config.ts';
import { previewTarget, previewUrl } from '../../config/templates/preview-target.ts';
import type {
  PreviewNamespace,
  PreviewNamespaces,
  PreviewRecord,
} from '../../deploy/ports/previews/preview-namespaces.ts';
import type { Trigger } from '../../deploy/ports/request.ts';
import { asDeployError, DeployError, needsPerson } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';
import type { PreviewContext, PreviewOfOne } from './context.ts';
import { judgePlace, judgePreview } from './judge.ts';
import type { PreviewDecision, SeenHead } from './judge.ts';
import { lookAtPreview } from './look.ts';
import { previewRuntime } from './preview-runtime.ts';
import type { PreviewResult } from './show.ts';
import { urlOf } from './url.ts';

/** What a run of the previews of one pull request is about. */
export interface PreviewRun {
  readonly number: number;
  /** Null: it does not exist. */
  readonly pullRequest: PullRequest | null;
  /** From the comment. An error: the comments cannot be read, which anyone can cause. Then no namespace is created. */
  readonly seen: Readonly<Record<string, SeenHead>> | DeployError;
  readonly trigger: Trigger;
  /** When it was requested, RFC 3339. */
  readonly at: string;
  readonly tries: number;
  /** Deploy what waits, too. */
  readonly resumes: boolean;
  /** A person named this preview. It is deployed even if it is at its head, nothing is deleted, and the comment keeps the other ones. */
  readonly isOfOne: boolean;
}

/** What one preview ended as. */
export interface EndedPreview {
  readonly of: PreviewOfOne;
  readonly result: PreviewResult;
  /** Null: it is not deployed. */
  readonly seen: SeenHead | null;
  /** The commit that a deleted preview showed. */
  readonly deletedAt: string | null;
  /** Null: another try would end the same. */
  readonly retry: { readonly afterMs: number | null } | null;
}

/** Brings one preview of a pull request to what it has to be now. */
export async function runPreview(
  preview: Preview,
  run: PreviewRun,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<EndedPreview> {
  const { branch = '', revision = '' } = run.pullRequest?.head ?? {};
  const head = { number: run.number, branch, sha: revision };
  const of = { preview, head, target: previewTarget(preview, head) };
  const ended = { of, seen: null, deletedAt: null, retry: null };
  const { name } = of.target;
  try {
    const placed = await context.inTurn(preview.name, () => placePreview(of, run, context, signal));
    if (placed.kind === 'taken') return { ...ended, result: { kind: 'refused', name, problem: taken(of) } };
    if (placed.kind === 'absent') {
      const { why, deleted } = placed;
      const result = { kind: 'absent', name, why, limit: preview.limit, isDeleted: deleted !== null } as const;
      return { ...ended, result, deletedAt: deleted?.record.head ?? null };
    }
    return { ...ended, ...(await deployPreview({ ...of, ...placed }, run, context, signal)) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { problem, retryAfterMs, code } = asDeployError(thrown);
    const kind = needsPerson(code) ? 'refused' : 'failed';
    return {
      ...ended,
      result: { kind, name, problem },
      retry: needsPerson(code) ? null : { afterMs: retryAfterMs ?? null },
    };
  }
}

/** What a preview has to be now, by the host and the cluster. */
export interface DecidedPreview {
  readonly decision: PreviewDecision;
  readonly live: PreviewNamespace | null;
  readonly namespaces: PreviewNamespaces;
}

/** Nothing is written. */
export async function decidePreview(
  of: PreviewOfOne,
  { number, pullRequest, seen }: Pick<PreviewRun, 'number' | 'pullRequest' | 'seen'>,
  { runtime, openNamespaces }: Pick<PreviewContext, 'runtime' | 'openNamespaces'>,
  signal: AbortSignal,
): Promise<DecidedPreview> {
  const { preview, target } = of;
  const namespaces = await openNamespaces(target);
  const { live, others } = await listLive(of, { number, namespaces }, signal);
  const shown = seen instanceof DeployError ? undefined : seen[target.name];
  const known = [shown, live?.record].filter((each) => each !== undefined);
  const facts = { pullRequest, isLive: live !== null, seen: known, others: others.length, nowMs: runtime.nowMs() };
  return { decision: judgePreview(preview, facts), live, namespaces };
}

/** Those of the entry: the one of this pull request, and the others. */
async function listLive(
  { preview, target }: PreviewOfOne,
  { number, namespaces }: { readonly number: number; readonly namespaces: PreviewNamespaces },
  signal: AbortSignal,
): Promise<{ readonly live: PreviewNamespace | null; readonly others: readonly PreviewNamespace[] }> {
  const repository = preview.settings.repository.url;
  const all = (await namespaces.list(signal)).filter(
    ({ record, isTerminating }) =>
      record.repository === repository && record.preview === preview.name && !isTerminating,
  );
  const isOwn = ({ name, record }: PreviewNamespace) => name === target.namespace && record.pullRequest === number;
  return { live: all.find(isOwn) ?? null, others: all.filter((each) => !isOwn(each)) };
}

type Placed =
  | { readonly kind: 'ready'; readonly namespaces: PreviewNamespaces; readonly seen: SeenHead }
  | { readonly kind: 'taken' }
  | (Extract<PreviewDecision, { kind: 'absent' }> & { readonly deleted: PreviewNamespace | null });

/** Decides whether it exists, and creates or deletes its namespace. */
async function placePreview(
  of: PreviewOfOne,
  run: PreviewRun,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<Placed> {
  const { decision, live, namespaces } = await decidePreview(of, run, context, signal);
  if (decision.kind === 'absent') {
    if (live === null || run.isOfOne) return { ...decision, deleted: null };
    await namespaces.remove(live, signal);
    return { ...decision, deleted: live };
  }
  const { preview, head, target } = of;
  const record: PreviewRecord = {
    repository: preview.settings.repository.url,
    pullRequest: run.number,
    preview: preview.name,
    head: head.sha,
    since: decision.since,
  };
  if (live === null && run.seen instanceof DeployError) throw run.seen;
  const own = live ?? (await namespaces.create(target.namespace, { name: target.name, record }, signal));
  if (own === null) return { kind: 'taken' };
  if (!own.isComplete && !(await hasPlace(of, { number: run.number, namespaces }, signal))) {
    await namespaces.remove(own, signal);
    return { kind: 'absent', why: 'full', deleted: null };
  }
  if (!own.isComplete || own.record.head !== record.head) await namespaces.record(own, record, signal);
  return { kind: 'ready', namespaces, seen: { head: record.head, since: record.since } };
}

const RIVAL_PAUSE_MS = 1_000;

/**
 * Another process may have created a namespace at the same time.
 * @throws DeployError `object-busy` until one of them is complete or gone
 */
async function hasPlace(
  of: PreviewOfOne,
  { number, namespaces }: { readonly number: number; readonly namespaces: PreviewNamespaces },
  signal: AbortSignal,
): Promise<boolean> {
  const { preview, target } = of;
  const { others } = await listLive(of, { number, namespaces }, signal);
  const rivals = others.map(({ record, isComplete }) => ({ pullRequest: record.pullRequest, isComplete }));
  const place = judgePlace(number, preview.limit, rivals);
  if (place !== 'undecided') return place === 'within-limit';
  throw new DeployError('object-busy', {
    subject: `Namespace ${target.namespace}`,
    message: `waits for the preview of another pull request, which is being created at the same time, because limit is ${preview.limit}`,
    remedy: 'Wait for the retry.',
    retryAfterMs: RIVAL_PAUSE_MS,
  });
}

/** As any target is deployed. A preview that is at its head is only looked at. */
async function deployPreview(
  { namespaces, seen, ...of }: PreviewOfOne & Omit<Extract<Placed, { kind: 'ready' }>, 'kind'>,
  { pullRequest, trigger, at, tries, resumes, isOfOne }: PreviewRun,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<Pick<EndedPreview, 'result' | 'seen' | 'retry'>> {
  const { preview, head, target } = of;
  const runtime = previewRuntime(of, context);
  const revision = pullRequest?.head.revision;
  if (revision === undefined) throw new DeployError('internal', { ...NO_HEAD, subject: target.name });
  const before = await lookAtPreview({ target, revision }, runtime, signal);
  const isWanted = isOfOne || !before.isSettled || (resumes && !before.isAtHead);
  let state = before;
  let errors: readonly Problem[] = [];
  if (isWanted) {
    // A forced push may go back: the host announced it.
    const hint = { revision, rootTree: null, isForced: true };
    const outcome = await context.run({ target, trigger, hint, at, tries }, runtime, signal);
    if (outcome.kind === 'retry') {
      const { problem } = outcome.error;
      return { seen, retry: { afterMs: outcome.afterMs }, result: { kind: 'failed', name: target.name, problem } };
    }
    errors = outcome.report?.errors ?? [];
    state = await lookAtPreview({ target, revision }, runtime, signal);
  }
  const url =
    previewUrl(preview, head) ?? (state.isAtHead ? urlOf(await namespaces.exposed(target.namespace, signal)) : null);
  const result = { kind: 'deployed', name: target.name, revision, state, errors, url } as const;
  return { seen, retry: null, result };
}

const NO_HEAD = {
  message: 'a pull request without a head is not deployed',
  remedy: 'Report this: it is a bug in Headgate.',
};

function taken({ target: { namespace } }: PreviewOfOne): Problem {
  return {
    code: 'namespace-not-allowed',
    subject: `Namespace ${namespace}`,
    message: 'already exists and was not created for this preview',
    remedy: 'Delete it, or change the namespace of the preview in headgate.yml.',
  };
}
