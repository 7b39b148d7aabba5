import type { PromotionStep, Promotion } from '../../config/checked/config.ts';
import { reasonWhileClosed } from '../../windows/describe.ts';
import { isOpenAt, windowAt } from '../../windows/window-at.ts';
import type { Deployed, StageFacts } from './stage-facts.ts';

/** A stage whose versions may move as far as its state says. */
export interface OpenStage extends Deployed {
  readonly stage: string;
}

export type Gate =
  /** For `all`: every one of them. For `any`: those that are open, the one that became ready last first. */
  | { readonly kind: 'open'; readonly stages: readonly OpenStage[] }
  /** `untilMs`: when it opens if nothing but time passes; null: something else has to happen. */
  | { readonly kind: 'waits'; readonly reason: string; readonly untilMs: number | null };

/** What may move now, before Git and the Git host are read. Pure: the clock is a parameter. */
export function gateOf(
  { after, windows }: Pick<Promotion, 'after' | 'windows'>,
  { agree }: Pick<PromotionStep['from'], 'agree'>,
  { facts, nowMs }: { readonly facts: readonly StageFacts[]; readonly nowMs: number },
): Gate {
  const judged = facts.map((each) => judge(each, after.soakMs, nowMs));
  const waits = (reason: string): Gate => {
    return { kind: 'waits', reason, untilMs: openingOf(windows, readyMsOf(agree, judged, nowMs)) };
  };
  const closed = reasonWhileClosed(windows, nowMs);
  if (closed !== null) return waits(closed);
  const stages = judged.flatMap(({ open }) => (open === null ? [] : [open]));
  const reasons = judged.flatMap(({ reason }) => (reason === null ? [] : [reason]));
  const isOpen = agree === 'all' ? reasons.length === 0 : stages.length > 0;
  if (!isOpen) return waits(reasons.join('; '));
  return { kind: 'open', stages: stages.toSorted((a, b) => b.sinceMs - a.sinceMs) };
}

type Judged =
  | { readonly open: OpenStage; readonly reason: null; readonly untilMs: number }
  | { readonly open: null; readonly reason: string; readonly untilMs: number | null };

function judge({ stage, deployed, held, heldUntilMs }: StageFacts, soakMs: number, nowMs: number): Judged {
  const waits = (why: string, untilMs: number | null): Judged => {
    return { open: null, reason: `${stage}: ${why}`, untilMs };
  };
  if ('why' in deployed) return waits(held === null ? deployed.why : `it is ${held}`, null);
  const readyMs = deployed.sinceMs + soakMs;
  if (held !== null) return waits(`it is ${held}`, heldUntilMs === null ? null : Math.max(heldUntilMs, readyMs));
  if (nowMs < readyMs) return waits(`it soaks until ${new Date(readyMs).toISOString()}`, readyMs);
  return { open: { stage, ...deployed }, reason: null, untilMs: nowMs };
}

/** When the stages are open by time alone; null: not all of them, for `all`, or none of them, for `any`. */
function readyMsOf(agree: PromotionStep['from']['agree'], judged: readonly Judged[], nowMs: number): number | null {
  const times = judged.flatMap(({ untilMs }) => (untilMs === null ? [] : [Math.max(untilMs, nowMs)]));
  if (times.length < (agree === 'all' ? judged.length : 1)) return null;
  return agree === 'all' ? Math.max(...times) : Math.min(...times);
}

/** The first moment from then on at which a window is open. */
function openingOf(windows: Promotion['windows'], atMs: number | null): number | null {
  if (atMs === null) return null;
  return isOpenAt(windows, atMs) ? atMs : windowAt(windows, atMs).untilMs;
}
