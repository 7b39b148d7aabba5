import type { Target } from '../../config/checked/config.ts';
import { compareCommits } from '../../deploy/prepare/compare-commits.ts';
import type { Comparison } from '../../deploy/prepare/compare-commits.ts';
import { stopwatch } from '../../deploy/report/stopwatch.ts';
import { makeWorld } from '../../deploy/requests/make-world.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { stringifyJson } from '../../resource/json.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';
import { revisionOf } from '../../state/history.ts';
import type { TargetState } from '../../state/target-state.ts';
import { changeJson, changeLines, fieldsJson } from '../plan/format-change.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

/** Shows what one commit changes in the objects of a target since another one. Exits with 2 when that is anything. */
export async function diffCommand(
  context: Context,
  target: Target,
  commits: readonly [string, string],
): Promise<ExitCode> {
  const { config, env, log, signal, output } = context;
  const runtime = localRuntime({ config, env, log, holder: 'diff', progress: () => undefined });
  try {
    const ports = await runtime.open(target, null);
    const { state } = await ports.cluster.read('read-only', signal);
    const [before, after] = [commitOf(commits[0], target, state), commitOf(commits[1], target, state)];
    const request = { target, trigger: { kind: 'cli' } } as const;
    const world = makeWorld(ports, { request, runtime, clock: stopwatch(runtime.nowMs) });
    const found = await compareCommits([before, after], world, signal);
    const shown = { target: target.name, before, after };
    context.print(output === 'json' ? asJson(shown, found) : asText(shown, found));
    if (found.problems.length > 0) return 1;
    return found.changes.length > 0 ? 2 : 0;
  } finally {
    runtime.close();
  }
}

/** A full commit id, or the beginning of one that the history lists. */
function commitOf(text: string, { name }: Target, { history, applied }: TargetState): Revision {
  const whole = asRevision(text.toLowerCase());
  if (whole !== null) return whole;
  const known = new Set([...history.map((outcome) => revisionOf(outcome)), applied.source?.revision ?? '']);
  const matching = [...known].filter((revision) => text.length >= 7 && revision.startsWith(text.toLowerCase()));
  const found = asRevision(matching[0] ?? '');
  if (found !== null && matching.length === 1) return found;
  throw new DeployError('usage', {
    subject: text,
    message: `not a full commit id, nor the first 7 or more digits of exactly one commit in the history of ${name}`,
    remedy: `Use 40 or 64 hex digits, or a revision that headgate history ${name} lists.`,
  });
}

interface Shown {
  readonly target: string;
  readonly before: Revision;
  readonly after: Revision;
}

function asJson(shown: Shown, { changes, problems }: Comparison): string {
  return stringifyJson({
    ...shown,
    changes: changes.map((change) => ({ ...changeJson(change), diff: fieldsJson(change) })),
    refusals: problems.map((problem) => ({ ...problem })),
  });
}

function asText({ target, before, after }: Shown, { changes, problems }: Comparison): string {
  const head = `${target}: ${before.slice(0, 12)} → ${after.slice(0, 12)}`;
  const lines = changes.flatMap((change) => changeLines(change));
  const refused = problems.map(({ subject, message, remedy }) =>
    visibleLine(`refused: ${subject}: ${message}. ${remedy}`),
  );
  const isSame = changes.length === 0 && problems.length === 0;
  return [head, ...lines, ...refused, ...(isSame ? ['no changes'] : [])].join('\n');
}
