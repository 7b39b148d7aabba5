import type { Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { ActionName, Activity } from '../../page/model.ts';
import type { Revision } from '../../snapshot/source.ts';
import { deployCommand } from '../commands/deploy.ts';
import { promoteCommand } from '../promote/promote.ts';
import { holdCommand, releaseCommand, rollbackCommand } from '../steer/hold.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import type { WrittenTime } from '../terminal/option-values.ts';

/** What a person has confirmed. */
export type Confirmed = ConfirmedAction | ConfirmedPromotion;

export interface ConfirmedPromotion {
  readonly action: 'promote';
  /** The stage that is written to. */
  readonly target: Target;
  readonly from: string;
  /** The digest of the plan that was shown. */
  readonly plan: string;
}

export interface ConfirmedAction {
  readonly target: Target;
  readonly action: ActionName;
  readonly reason: string | null;
  readonly until: WrittenTime | null;
  /** For a rollback: where to. */
  readonly revision: Revision | null;
  /** Of the plan that is approved. */
  readonly hash: string | null;
}

export interface Activities {
  /** Starts the command; false: another one of this target is running. */
  start(confirmed: Confirmed): boolean;
  of(target: string): Activity | null;
  /** Resolves when what is running has ended. */
  settled(): Promise<void>;
}

/** Each action is the command of the same name, so that both do the same with the same rights. */
export function openActivities(context: Context, onChange: () => void): Activities {
  const last = new Map<string, Activity>();
  const running = new Set<Promise<void>>();

  async function run(confirmed: Confirmed, startedAt: string): Promise<void> {
    const { action, target } = confirmed;
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    const end = (state: 'done' | 'failed', text: string) => {
      last.set(target.name, { action, startedAt, state, text });
      onChange();
    };
    try {
      const code = await commandOf(confirmed, { ...context, output: 'text', print });
      end(code === 0 ? 'done' : 'failed', printed.join('\n'));
    } catch (thrown) {
      const { subject, message, remedy } = asDeployError(thrown).problem;
      end('failed', [...printed, `${subject}: ${message}`, remedy].join('\n'));
    }
  }

  return {
    start(confirmed) {
      const { name } = confirmed.target;
      if (last.get(name)?.state === 'running') return false;
      const startedAt = new Date(context.nowMs()).toISOString();
      last.set(name, { action: confirmed.action, startedAt, state: 'running', text: '' });
      const { target, action } = confirmed;
      context.log({ level: 'info', message: 'requested', target: target.name, action, by: 'page' });
      const work = run(confirmed, startedAt).finally(() => running.delete(work));
      running.add(work);
      return true;
    },
    of: (target) => last.get(target) ?? null,
    async settled() {
      await Promise.all(running);
    },
  };
}

function commandOf(confirmed: Confirmed, context: Context): Promise<ExitCode> {
  if (confirmed.action === 'promote') {
    const { from, target, plan } = confirmed;
    const promoting = { ...context, isConfirmed: true };
    return promoteCommand(promoting, { from, to: target.name, image: null, revision: null, shown: plan });
  }
  const { target, action, reason, until, revision, hash } = confirmed;
  switch (action) {
    case 'deploy':
      return deployCommand(context, { target, pruneLimit: null, approve: null, overrideReason: null });
    case 'approve':
      return deployCommand(context, { target, pruneLimit: null, approve: hash, overrideReason: null });
    case 'hold':
      return holdCommand(context, { target, reason: reason ?? '', at: null, until });
    case 'release':
      return releaseCommand(context, { target });
    case 'rollback':
      return rollbackCommand(context, { target, to: revision, reason });
    default:
      return action satisfies never;
  }
}
