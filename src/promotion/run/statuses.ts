import type { Promotion } from '../../config/checked/config.ts';
import type { Revision } from '../../snapshot/source.ts';
import { missingStatus } from '../stages/statuses.ts';
import { readerOf } from './read-step.ts';
import type { StepContext } from './read-step.ts';
import type { StageSource } from './stage-change.ts';

/** Later commits whose statuses count, because the stage is the same in them. */
const LATER_COMMITS = 10;

/**
 * Null: every required status is a success on what each stage has. They may be on a later commit of the branch, as long as
 * the path of the stage is the same there.
 */
export async function missingStatuses(
  { after }: Pick<Promotion, 'after'>,
  sources: readonly StageSource[],
  context: StepContext,
): Promise<string | null> {
  if (after.statuses.length === 0) return null;
  for (const source of sources) {
    const reason = await missingOn(source, after.statuses, context);
    if (reason !== null) return `${source.target.name}: ${reason} on ${source.revision.slice(0, 12)}`;
  }
  return null;
}

async function missingOn(
  source: StageSource,
  required: Promotion['after']['statuses'],
  context: StepContext,
): Promise<string | null> {
  const { ports, signal } = context;
  const { repository } = source.target;
  const look = async (revision: Revision) =>
    missingStatus(required, await ports.statusesOf({ repository, revision }, signal));
  const reason = await look(source.revision);
  if (reason === null) return null;
  for (const revision of await laterWithSamePath(source, context)) if ((await look(revision)) === null) return null;
  return reason;
}

/** The newest first. */
async function laterWithSamePath(
  { target, revision }: StageSource,
  { readers, signal }: StepContext,
): Promise<readonly Revision[]> {
  const reader = readerOf(target, readers);
  const tip = (await reader.tips([target.ref], signal)).get(target.ref);
  if (tip === undefined || tip === revision) return [];
  const newer = await reader.history({ tip, known: revision, depth: null }, signal);
  const treeAt = async (at: Revision) => (await reader.trees(at, [target.path], signal)).get(target.path) ?? null;
  const deployed = await treeAt(revision);
  const same: Revision[] = [];
  // From the deployed commit on, until the first one that changes the path.
  for (const each of newer.toReversed().slice(0, LATER_COMMITS)) {
    if ((await treeAt(each.revision)) !== deployed) break;
    same.unshift(each.revision);
  }
  return same;
}
