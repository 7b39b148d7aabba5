import { openDeployingRuntime } from '../runs/deploying-runtime.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Target } from '../../config/checked/config.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { endHold, keptNow, setHold } from '../../deploy/hold/change-hold.ts';
import type { HoldPorts } from '../../deploy/hold/change-hold.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';
import type { RunPorts } from '../../deploy/ports/runtime.ts';
import { heldText } from '../../deploy/report/channels/texts.ts';
import { reporterOf } from '../../deploy/requests/make-world.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Hold } from '../../state/hold.ts';
import { revisionOf } from '../../state/history.ts';
import { lastReady } from '../../state/last-ready.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import type { WrittenTime } from '../terminal/option-values.ts';
import { personOf } from '../terminal/person.ts';
import { formatReport, isSuccess } from '../commands/format-report.ts';
import { runNow } from './run-now.ts';
import { activeHold } from '../../state/current.ts';

interface Opened {
  readonly target: Target;
  readonly context: Context;
  readonly runtime: LocalRuntime;
  readonly outbox: MemoryOutbox;
  readonly ports: RunPorts;
  readonly hold: HoldPorts;
}

export interface HoldFlags {
  readonly target: Target;
  readonly reason: string;
  /** Null: where the target is. */
  readonly at: Revision | null;
  readonly until: WrittenTime | null;
}

/** Holds a target, and with `--at` deploys that commit. */
export function holdCommand(
  context: Context,
  { target, reason, at, until }: HoldFlags,
  limits?: RunLimits,
): Promise<ExitCode> {
  return opened({ context, limits }, target, async (steered) => {
    const ends = endOf(until, context.nowMs());
    const { hold } = await setHold(
      async (state) => ({
        ...(at === null ? keptNow(state, context.nowMs()) : { at: await allowed(at, state, steered), from: null }),
        ...signed(context, reason),
        until: ends,
      }),
      steered.hold,
      context.signal,
    );
    return at === null ? answer(steered, hold, null) : answerWithRun(steered, hold);
  });
}

export interface RollbackFlags {
  readonly target: Target;
  /** Null: the last commit that became ready. */
  readonly to: Revision | null;
  readonly reason: string | null;
}

/** A hold at an earlier commit. A repeated command does not go back further: the first one may have died half-way. */
export function rollbackCommand(
  context: Context,
  { target, to, reason }: RollbackFlags,
  limits?: RunLimits,
): Promise<ExitCode> {
  return opened({ context, limits }, target, async (steered) => {
    const record = await steered.ports.cluster.readiness.read(context.signal);
    const { hold } = await setHold(
      async (state) => {
        const held = activeHold(state, context.nowMs());
        if (to === null && held !== null && held.from !== null) return held;
        const at = to === null ? lastReady(target, state, record) : await allowed(to, state, steered);
        if (at === null) throw nothingReady(target);
        const from = state.applied.source?.revision ?? null;
        const why = reason ?? `rolled back from ${from?.slice(0, 7) ?? 'nothing'}`;
        return { ...signed(context, why), at, from, until: null };
      },
      steered.hold,
      context.signal,
    );
    return answerWithRun(steered, hold);
  });
}

/** Ends the hold and deploys the tip. */
export function releaseCommand(
  context: Context,
  { target }: { readonly target: Target },
  limits?: RunLimits,
): Promise<ExitCode> {
  return opened({ context, limits }, target, async (steered) => {
    // Without a hold too: an earlier command may have ended it and died before it could deploy.
    await endHold(personOf(context.env), steered.hold, context.signal);
    return answerWithRun(steered, null);
  });
}

async function opened(
  { context, limits }: { readonly context: Context; readonly limits?: RunLimits | undefined },
  target: Target,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { config, env, log } = context;
  const { runtime, outbox, close } = openDeployingRuntime({
    config,
    env,
    log,
    progress: () => undefined,
    ...(limits === undefined ? {} : { limits }),
  });
  try {
    const ports = await runtime.open(target, null);
    const at = new Date(context.nowMs()).toISOString();
    const request = { target, trigger: { kind: 'cli', by: personOf(env) }, at } as const;
    const { report } = reporterOf(ports, { request, runtime });
    return await work({ target, context, runtime, outbox, ports, hold: { cluster: ports.cluster, report } });
  } finally {
    await close();
  }
}

function signed({ env, nowMs }: Context, reason: string): Pick<Hold, 'by' | 'reason' | 'since'> {
  return { by: personOf(env), reason, since: new Date(nowMs()).toISOString() };
}

function endOf(until: WrittenTime | null, nowMs: number): string | null {
  if (until === null) return null;
  const untilMs = 'inMs' in until ? nowMs + until.inMs : until.atMs;
  if (untilMs > nowMs) return new Date(untilMs).toISOString();
  throw new DeployError('usage', {
    subject: 'headgate hold --until',
    message: 'the time is in the past',
    remedy: 'Pass a time in the future, or a duration such as 2h.',
  });
}

/** A commit that was never on the branch must not get to the cluster by way of a hold. */
async function allowed(
  revision: Revision,
  { history, applied }: TargetState,
  { target, ports: { git }, context: { signal } }: Opened,
): Promise<Revision> {
  if (applied.source?.revision === revision || history.some((text) => revisionOf(text) === revision)) return revision;
  const tip = (await git.tips([target.ref], signal)).get(target.ref);
  if (tip !== undefined && (await git.isAncestor(revision, tip, signal))) return revision;
  throw new DeployError('usage', {
    subject: revision,
    message: `this commit was not deployed to ${target.name} and is not on branch ${target.branch}`,
    remedy: `Use a commit of branch ${target.branch}, or one that headgate history ${target.name} lists.`,
  });
}

function nothingReady({ name }: Target): DeployError {
  return new DeployError('nothing-ready', {
    subject: `target ${name}`,
    message: 'no earlier commit is known to have become ready',
    remedy: `Choose one: headgate rollback ${name} --to SHA.`,
  });
}

/** A suspended target keeps its hold and deploys nothing. */
async function answerWithRun(steered: Opened, hold: Hold | null): Promise<ExitCode> {
  const { target, context } = steered;
  return answer(steered, hold, target.suspend ? null : await runNow(target, context, steered));
}

function answer({ target, context }: Opened, hold: Hold | null, report: Awaited<ReturnType<typeof runNow>>): ExitCode {
  const { lifted: _lifted, ...shown } = report ?? {};
  const text = [
    hold === null ? `${target.name}: not held` : `${target.name}: ${visibleLine(heldText(hold))}`,
    ...(report === null ? [] : [formatReport(target, report)]),
  ].join('\n');
  context.print(context.output === 'json' ? JSON.stringify({ target: target.name, hold, ...shown }, null, 2) : text);
  // The tip waits, as it should: the target was at the commit of its hold already.
  return report === null || isSuccess(report) || report.isDeferred === true ? 0 : 1;
}
