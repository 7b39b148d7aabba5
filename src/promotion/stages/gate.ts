import type { PromotionStep, Promotion } from '../../config/checked/config.ts';
import { reasonWhileClosed } from '../../windows/describe.ts';
import type { Deployed, StageFacts } from './stage-facts.ts';

/** A stage whose versions may move as far as its state says. */
export interface OpenStage extends Deployed {
  readonly stage: string;
}

export type Gate =
  /** For `all`: every one of them. For `any`: those that are open, the one that became ready last first. */
  | { readonly kind: 'open'; readonly stages: readonly OpenStage[] }
  | { readonly kind: 'waits'; readonly reason: string };

/** What may move now, before Git and the Git host are read. Pure: the clock is a parameter. */
export function gateOf(
  { after, windows }: Pick<Promotion, 'after' | 'windows'>,
  { agree }: Pick<PromotionStep['from'], 'agree'>,
  { facts, nowMs }: { readonly facts: readonly StageFacts[]; readonly nowMs: number },
): Gate {
  const closed = reasonWhileClosed(windows, nowMs);
  if (closed !== null) return { kind: 'waits', reason: closed };
  const judged = facts.map((each) => judge(each, after.soakMs, nowMs));
  const stages = judged.flatMap(({ open }) => (open === null ? [] : [open]));
  const reasons = judged.flatMap(({ reason }) => (reason === null ? [] : [reason]));
  const isOpen = agree === 'all' ? reasons.length === 0 : stages.length > 0;
  if (!isOpen) return { kind: 'waits', reason: reasons.join('; ') };
  return { kind: 'open', stages: stages.toSorted((a, b) => b.sinceMs - a.sinceMs) };
}

type Judged = { readonly open: OpenStage; readonly reason: null } | { readonly open: null; readonly reason: string };

function judge({ stage, deployed, held }: StageFacts, soakMs: number, nowMs: number): Judged {
  const waits = (why: string): Judged => ({ open: null, reason: `${stage}: ${why}` });
  if (held !== null) return waits(`it is ${held}`);
  if ('why' in deployed) return waits(deployed.why);
  const untilMs = deployed.sinceMs + soakMs;
  if (nowMs < untilMs) return waits(`it soaks until ${new Date(untilMs).toISOString()}`);
  return { open: { stage, ...deployed }, reason: null };
}
