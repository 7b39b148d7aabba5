import * as z from 'zod/mini';
import type { Renderer } from '../../state/renderer.ts';
import type { StateChange, TargetState, Waiting } from '../../state/target-state.ts';
import { asObjectId, asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';

/** The JSON of format "1" in the state object. Every release since 0.1 reads and writes these keys and texts. */
const Commit = z.custom<Revision>((value) => typeof value === 'string' && asRevision(value) !== null);

const Stored = z.object({
  origin: z._default(z.string(), ''),
  rootTree: z.nullable(z.string()),
  renderer: z._default(z.string(), 'plain'),
  inputs: z.record(z.string(), z.nullable(z.string())),
  settings: z.nullable(z.string()),
  dirty: z.union([z.array(z.string()), z.literal('all')]),
  lease: z.nullable(z.object({ run: z.string(), holder: z.string(), untilMs: z.number() })),
  hasInventory: z.boolean(),
  shards: z.array(z.string()),
  spare: z._default(z.array(z.string()), []),
  count: z.number(),
  attempt: z.nullable(
    z.object({
      revision: Commit,
      settings: z.string(),
      class: z.enum(['manifest', 'guard']),
      tries: z.number(),
      nextTryMs: z.number(),
    }),
  ),
  rewind: z.nullable(z.string()),
  pendingOn: z.nullable(z.string()),
  retry: z._default(
    z.nullable(
      z.object({
        revision: z.nullable(Commit),
        reason: z.string(),
        since: z.string(),
        gaveUpOn: z.optional(z.string()),
      }),
    ),
    null,
  ),
  contests: z._default(
    z.record(
      z.string(),
      z.object({
        times: z.number(),
        lastMs: z.number(),
        restUntilMs: z.number(),
        isRefused: z.optional(z.literal(true)),
      }),
    ),
    {},
  ),
  awaited: z._default(z.nullable(z.object({ revision: Commit, sinceMs: z.number() })), null),
  approved: z._default(
    z.nullable(
      z.object({
        revision: Commit,
        hash: z.string(),
        by: z.string(),
        changes: z.array(z.string()),
        proof: z.string(),
      }),
    ),
    null,
  ),
  waiting: z._default(
    z.nullable(
      z.object({
        revision: Commit,
        sinceMs: z.number(),
        created: z.number(),
        updated: z.number(),
        // Written only by a run that has yet to prune.
        pruned: z._default(z.number(), 0),
        adopted: z.optional(z.number()),
        isApplied: z._default(z.boolean(), false),
        isDeferred: z._default(z.boolean(), false),
        on: z.array(z.string()),
        isExact: z.boolean(),
        isOpened: z.optional(z.boolean()),
      }),
    ),
    null,
  ),
});

/** The part of the state that is in the JSON; the annotations of the object hold the rest. */
export interface StateJson {
  readonly origin: string;
  /** The applied commit's whole tree. */
  readonly rootTree: string | null;
  readonly change: StateChange;
}

/** `origin`: a hash of the repository, branch and path that the state is for. */
export function encodeState(
  { applied, inventory, run, outcome, progress, drift }: TargetState,
  origin: string,
): string {
  const stored: z.input<typeof Stored> = {
    origin,
    rootTree: applied.source?.rootTree ?? null,
    renderer: encodeRenderer(applied.renderer),
    inputs: applied.inputs,
    settings: applied.settings,
    dirty: run.dirty === 'all' ? 'all' : [...run.dirty],
    lease: run.lease,
    hasInventory: inventory.isRecorded,
    shards: [...inventory.shards],
    spare: [...inventory.unlistedShards],
    count: inventory.count,
    attempt: outcome.backoff,
    rewind: outcome.rewind,
    pendingOn: outcome.pendingOn,
    ...(outcome.retry === null ? {} : { retry: outcome.retry }),
    contests: drift.contests,
    awaited: progress.awaited,
    waiting: progress.waiting === null ? null : encodeWaiting(progress.waiting),
    ...(progress.approved === null
      ? {}
      : { approved: { ...progress.approved, changes: [...progress.approved.changes] } }),
  };
  return JSON.stringify(stored);
}

/** @throws Error if it is not in this release's format. */
export function decodeState(json: unknown): StateJson {
  const data = z.parse(Stored, json);
  const inputs = Object.entries(data.inputs).map(([path, id]) => [path, id === null ? null : asObjectId(id)]);
  return {
    origin: data.origin,
    rootTree: data.rootTree,
    change: {
      applied: { settings: data.settings, renderer: decodeRenderer(data.renderer), inputs: Object.fromEntries(inputs) },
      inventory: { isRecorded: data.hasInventory, shards: data.shards, unlistedShards: data.spare, count: data.count },
      run: { lease: data.lease, dirty: data.dirty },
      outcome: {
        backoff: data.attempt,
        pendingOn: asRevision(data.pendingOn ?? ''),
        rewind: asRevision(data.rewind ?? ''),
        retry: data.retry,
      },
      progress: {
        awaited: data.awaited,
        waiting: data.waiting,
        approved: data.approved,
      },
      drift: { contests: data.contests },
    },
  };
}

function encodeWaiting({ pruned, isApplied, isDeferred, ...waiting }: Waiting): z.input<typeof Stored>['waiting'] {
  const unusual = {
    ...(pruned === 0 ? {} : { pruned }),
    ...(isApplied ? { isApplied } : {}),
    ...(isDeferred ? { isDeferred } : {}),
  };
  return { ...waiting, on: [...waiting.on], ...unusual };
}

/** `plain`, `kustomize v1.36.3`, `helm v4.2.3`, `helm v4.2.3 sha256:…`, `given jsonnet 0.21.0` */
function encodeRenderer(renderer: Renderer): string {
  switch (renderer.kind) {
    case 'plain':
      return 'plain';
    case 'kustomize':
      return `kustomize ${renderer.version}`;
    case 'helm':
      return ['helm', renderer.version, ...(renderer.chartDigest === null ? [] : [renderer.chartDigest])].join(' ');
    case 'given':
      return `given ${renderer.name} ${renderer.version}`;
    default:
      return renderer satisfies never;
  }
}

function decodeRenderer(text: string): Renderer {
  const [kind, version, chartDigest, ...more] = text.split(' ');
  if (kind === 'plain' && version === undefined) return { kind };
  if (kind === 'kustomize' && version !== undefined && chartDigest === undefined) return { kind, version };
  if (kind === 'helm' && version !== undefined && more.length === 0)
    return { kind, version, chartDigest: chartDigest ?? null };
  if (kind === 'given' && version !== undefined && chartDigest !== undefined && more.length === 0)
    return { kind, name: version, version: chartDigest };
  throw new Error(`unknown renderer: ${text}`);
}
