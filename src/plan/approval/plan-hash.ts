import { hmacSha256 } from '../../signing/hmac.ts';
import { canonicalJson } from '../../resource/json.ts';
import { formatId } from '../../resource/resource.ts';
import type { Json, ResourceId } from '../../resource/resource.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Plan, Write } from '../model/plan.ts';

/** What a plan is for: the same changes elsewhere, or after another commit, are another plan. */
export interface PlannedFor {
  /** The URL of the repository. */
  readonly repository: string;
  readonly target: string;
  readonly cluster: string;
  readonly namespace: string;
  /** The hash of the settings. */
  readonly settings: string;
  readonly previous: Revision | null;
}

export interface HashedChange {
  readonly op: 'create' | 'update' | 'replace' | 'prune' | 'release';
  readonly id: ResourceId;
  /** 64 bits, keyed. */
  readonly hash: string;
}

export interface PlanHash {
  /** 128 bits, keyed: 32 hexadecimal digits. */
  readonly hash: string;
  readonly changes: readonly HashedChange[];
}

/**
 * What a plan would do, as a hash under a key: without the key, no value can be guessed from it, and no other plan made with the
 * same hash. It leaves out times and resource versions, so the plan of a pull request and of its merge are equal.
 */
export function hashPlan(
  { steps, prunes, releases }: Pick<Plan, 'steps' | 'prunes' | 'releases'>,
  planned: PlannedFor,
  key: string,
): PlanHash {
  const hashOf = (content: Json, digits: number) => hmacOf([PURPOSE, { ...planned }, content], key).slice(0, digits);
  const changes: HashedChange[] = [
    ...steps.flat().map((write) => ({
      op: write.op,
      id: write.candidate.resource.id,
      hash: hashOf(contentOf(write), CHANGE_DIGITS),
    })),
    ...prunes.flat().map(({ entry: { id } }) => ({
      op: 'prune' as const,
      id,
      hash: hashOf(['prune', formatId(id)], CHANGE_DIGITS),
    })),
    ...releases.map(({ entry: { id }, to }) => ({
      op: 'release' as const,
      id,
      hash: hashOf(['release', formatId(id), to], CHANGE_DIGITS),
    })),
  ];
  // What is ready decides the steps of a plan, but not what it does in the end.
  const inOrder = changes.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  return { hash: hashOf(inOrder.map(textOf), PLAN_DIGITS), changes: inOrder };
}

const PURPOSE = 'headgate plan v1';
const PLAN_DIGITS = 32;
const CHANGE_DIGITS = 16;
/** What people read and write. */
const SHOWN_DIGITS = 7;

export function shownHash(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}

/** Whether a person means this plan. Fewer digits would be guessed. */
export function meansPlan(written: string, { hash }: Pick<PlanHash, 'hash'>): boolean {
  return written.length >= SHOWN_DIGITS && /^[0-9a-f]+$/.test(written) && hash.startsWith(written);
}

function textOf({ op, id, hash }: HashedChange): string {
  return `${formatId(id)} ${op} ${hash}`;
}

/** The body, and what applying it does beside writing the body. */
function contentOf({ op, candidate, from, adopts }: Write): Json {
  const { resource, body, observation } = candidate;
  const taken = observation.kind === 'updates' ? (observation.taken ?? []) : [];
  const replicas = observation.kind === 'updates' ? (observation.replicas?.after ?? null) : null;
  return [
    op,
    formatId(resource.id),
    body,
    from,
    adopts === true,
    taken.map(({ field, manager }) => `${field} ${manager}`).toSorted(),
    replicas,
  ];
}

function hmacOf(content: Json, key: string): string {
  return hmacSha256(key, canonicalJson(content)).toString('hex');
}
