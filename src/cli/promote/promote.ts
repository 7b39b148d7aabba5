import { promotionPorts } from '../../app/promotions/open-promotions.ts';
import { formatImage } from '../../config/images/image-reference.ts';
import { nearest } from '../../config/written/nearest.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { formatEdit } from '../../promotion/record/commit-message.ts';
import { carryOutByHand, planByHand } from '../../promotion/run/promote-by-hand.ts';
import type { ByHand, PlannedPromotion, PromotedByHand } from '../../promotion/run/promote-by-hand.ts';
import { stepGroups } from '../../promotion/run/step-groups.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import type { Revision } from '../../snapshot/source.ts';
import { openDeployingRuntime } from '../runs/deploying-runtime.ts';
import { digestOf } from './plan-digest.ts';
import { confirm, requireConfirmable } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';

export interface PromoteFlags {
  readonly from: string;
  readonly to: string;
  /** Null: all of them. */
  readonly image: string | null;
  /** Null: what is deployed now. */
  readonly revision: Revision | null;
  /** The digest of the plan that was shown: another one writes nothing. Null: it is shown by this command. */
  readonly shown: string | null;
}

/** Shows the edits of a promotion, prompts for confirmation, and writes them. Exits with 1 when the person declines. */
export async function promoteCommand(context: Context, flags: PromoteFlags): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  requireConfirmable(context, 'headgate promote');
  const wanted = wantedBy(context, flags);
  const { runtime, close } = openDeployingRuntime({ config, env, log, progress: () => undefined });
  try {
    const ports = await promotionPorts(runtime);
    const planned = await planByHand(wanted, ports, signal);
    if (flags.image !== null) requireNamed(flags.image, { wanted, planned });
    if (flags.shown !== null && digestOf(planned) !== flags.shown) throw otherPlan(flags.to);
    if (context.output === 'text') context.print(formatPlan(wanted, planned));
    const isNeeded = planned.change.edits.length > 0 || planned.held !== null;
    const question = { command: 'headgate promote', question: `Promote this to ${flags.to}?` };
    const isConfirmed = !isNeeded || (await confirm(context, question));
    const by = personOf(env);
    const promoted = isConfirmed ? await carryOutByHand({ wanted, planned, by }, ports, signal) : null;
    context.print(
      context.output === 'json'
        ? JSON.stringify(asJson(wanted, planned, promoted), null, 2)
        : formatOutcome(flags.to, promoted),
    );
    return promoted === null ? 1 : 0;
  } finally {
    // Channels hear of it first.
    await close();
  }
}

function otherPlan(stage: string): DeployError {
  return new DeployError('ref-behind', {
    subject: `target ${stage}`,
    message: 'the plan has changed since it was shown',
    remedy: 'Read the new plan, and confirm it.',
  });
}

/** @throws DeployError `usage` */
function wantedBy({ config, configPath }: Context, { from, to, image, revision }: PromoteFlags): ByHand {
  const step = findStep(stepGroups(config), { from, to }, configPath);
  const source = step.step.from.targets.find(({ name }) => name === from);
  if (source === undefined) throw new Error(`${from} is a stage of the step that was found by it`);
  if (image !== null && step.promotion.carry.kind !== 'images') {
    const { name } = step.promotion;
    const message = `promotion ${name} carries files and values, not images`;
    throw new DeployError('usage', { subject: 'headgate promote --image', message, remedy: 'Remove --image.' });
  }
  const policy = image === null ? undefined : config.images.get(image);
  const isChosen = (name: string) =>
    policy === undefined ? image === null || `/${name}`.endsWith(`/${image}`) : name === formatImage(policy.image);
  return { step, from: source, revision, isChosen };
}

/** A misspelled name would look like an image that the stage has already. @throws DeployError `usage` */
function requireNamed(
  image: string,
  { wanted, planned }: { readonly wanted: ByHand; readonly planned: PlannedPromotion },
): void {
  const { carried, leftOut } = planned.change;
  const named = [...new Set([...carried, ...leftOut].map(({ key }) => key))];
  if (named.some((each) => wanted.isChosen(each))) return;
  const names = named.map((each) => each.slice(each.lastIndexOf('/') + 1));
  const meant = nearest(image, names);
  const choices = names.length === 0 ? 'Remove --image.' : `Use one of ${names.join(', ')}.`;
  throw new DeployError('usage', {
    subject: 'headgate promote --image',
    message: `no image of ${wanted.from.name} is named ${image}`,
    remedy: meant === null ? choices : `Did you mean ${meant}?`,
  });
}

function findStep(
  steps: readonly StepGroup[],
  { from, to }: Pick<PromoteFlags, 'from' | 'to'>,
  configPath: string,
): StepGroup {
  const found = steps.find(({ step }) => step.to.name === to && step.from.targets.some(({ name }) => name === from));
  if (found !== undefined) return found;
  const pairs = steps.flatMap(({ step }) => step.from.targets.map(({ name }) => `${name} ${step.to.name}`));
  const meant = nearest(`${from} ${to}`, pairs);
  const choices = pairs.length === 0 ? `Add promotions to ${configPath}.` : `Use one of: ${pairs.join(', ')}.`;
  throw new DeployError('usage', {
    subject: configPath,
    message: `no promotion goes from ${from} to ${to}`,
    remedy: meant === null ? choices : `Did you mean ${meant}?`,
  });
}

function formatPlan({ step, from }: ByHand, { revision, change, passedOver, isHold, held }: PlannedPromotion): string {
  const { to } = step.step;
  const lines = [
    `${from.name} -> ${to.name}, what ${from.name} has at ${revision.slice(0, 12)}:`,
    ...change.edits.map((edit) => `  ${formatEdit(edit)}`),
    ...(change.edits.length === 0 ? [`  nothing to promote: ${to.name} is up to date`] : []),
    ...change.leftOut.map(({ key, reason }) => `left out: ${key}: ${reason}`),
    ...passedOver.map((reason) => `bypassed: ${reason}`),
    ...(held === null || isHold ? [] : [`ends the hold of ${held}`]),
    ...(isHold ? [`sets a hold: automation writes nothing to ${to.name} until a person promotes again`] : []),
  ];
  return lines.map((line) => visibleLine(line)).join('\n');
}

function formatOutcome(to: string, promoted: PromotedByHand | null): string {
  switch (promoted?.kind) {
    case 'promoted':
      return `${to}: promoted by ${promoted.revision.slice(0, 12)}`;
    case 'proposed':
      return `${to}: proposed by ${promoted.pullRequest.url}`;
    case 'released':
      return `${to}: automation promotes to it again`;
    case 'current':
      return `${to}: nothing to promote`;
    case undefined:
      return `${to}: not promoted`;
    default:
      return promoted satisfies never;
  }
}

function asJson(
  { step, from }: ByHand,
  { revision, change, passedOver, isHold }: PlannedPromotion,
  promoted: PromotedByHand | null,
): object {
  return {
    promotion: step.promotion.name,
    from: from.name,
    to: step.step.to.name,
    source: revision,
    outcome: promoted?.kind ?? 'declined',
    revision: promoted?.kind === 'promoted' ? promoted.revision : null,
    pullRequest: promoted?.kind === 'proposed' ? promoted.pullRequest.url : null,
    edits: change.edits,
    leftOut: change.leftOut,
    passedOver,
    hold: isHold,
  };
}
