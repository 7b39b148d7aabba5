import { InvalidArgumentError } from 'commander';
import type { Target } from '../../config/checked/config.ts';
import type { ActionView } from '../../page/action.ts';
import type { ActionName, ProblemView } from '../../page/model.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';
import { parseText, parseTime } from '../terminal/option-values.ts';
import type { ConfirmedAction } from './activities.ts';
import type { PageReader } from './reader.ts';
import { historyRows } from './target-view.ts';

interface Wanted {
  readonly target: Target;
  readonly action: ActionName;
  /** For a rollback: a commit that was chosen; null: the last one that was ready. */
  readonly to: string | null;
  readonly problem: ProblemView | null;
}

/** What an action would change, before it is confirmed. */
export async function prepareAction(wanted: Wanted, reader: PageReader): Promise<ActionView> {
  const { target, action, to, problem } = wanted;
  const view = { target: target.name, action, problem };
  if (action === 'hold') return { ...view, plan: null, revision: null, history: [] };
  if (action !== 'rollback') {
    const plan = await reader.plan(target, null);
    return { ...view, plan, revision: plan.to, history: [] };
  }
  const revision = asRevision(to ?? '') ?? (await reader.lastReady(target));
  const { state } = await reader.status(target);
  const history = historyRows(state?.history ?? []);
  if (revision === null) return { ...view, problem: problem ?? nothingReady(target), plan: null, revision, history };
  return { ...view, plan: await reader.plan(target, revision), revision, history };
}

function nothingReady({ name }: Target): ProblemView {
  return {
    subject: `target ${name}`,
    message: 'no earlier commit is known to have become ready',
    remedy: 'Choose a commit.',
  };
}

/** Reads what a person confirmed. A tip that has moved since its plan was shown is not deployed. */
export async function readActionForm(
  form: URLSearchParams,
  { target, action }: Pick<ConfirmedAction, 'target' | 'action'>,
  reader: PageReader,
): Promise<ConfirmedAction | { readonly problem: ProblemView }> {
  const revision = asRevision(form.get('revision') ?? '');
  const hash = /^[0-9a-f]{32}$/.exec(form.get('hash') ?? '')?.[0] ?? null;
  try {
    const reason = textOf(form, 'reason', parseText);
    const until = textOf(form, 'until', parseTime);
    if (action === 'hold' && reason === null) return invalid('reason', 'is missing');
    if (action === 'rollback' && revision === null) return invalid('revision', 'is missing');
    if (action === 'approve' && hash === null) return invalid('hash', 'is missing');
    if (
      (action === 'deploy' || action === 'approve' || action === 'release') &&
      (await isOutdated(target, revision, reader))
    ) {
      return invalid(
        `branch ${target.branch}`,
        'has moved since the plan was shown',
        'Read the new plan, and confirm it.',
      );
    }
    return { target, action, reason, until, revision, hash };
  } catch (thrown) {
    if (thrown instanceof InvalidArgumentError) return invalid('until', thrown.message);
    throw thrown;
  }
}

async function isOutdated(target: Target, planned: Revision | null, reader: PageReader): Promise<boolean> {
  return planned === null || (await reader.tip(target)) !== planned;
}

function textOf<T>(form: URLSearchParams, field: string, parse: (text: string) => T): T | null {
  const text = (form.get(field) ?? '').trim();
  return text === '' ? null : parse(text);
}

function invalid(
  subject: string,
  message: string,
  remedy = 'Fill in the form again.',
): { readonly problem: ProblemView } {
  return { problem: { subject, message, remedy } };
}
