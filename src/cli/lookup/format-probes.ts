import type { Context } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';
import type { ProbeResult } from '../../app/probes/probe.ts';

/** The answer of `check` and `doctor`, as `--output` requests it. */
export function formatProbes(results: readonly ProbeResult[], context: Pick<Context, 'output' | 'paint'>): string {
  return context.output === 'json' ? asJson(results) : asTable(results, context);
}

function asJson(results: readonly ProbeResult[]): string {
  return JSON.stringify(
    results.map(({ kind, name, by, detail, problem }) => ({
      kind,
      name,
      ...(by === undefined ? {} : { by }),
      ok: problem === null,
      detail,
      remedy: problem?.remedy ?? null,
    })),
    null,
    2,
  );
}

/** The remedies follow the table. */
function asTable(results: readonly ProbeResult[], { paint }: Pick<Context, 'paint'>): string {
  // Only where functions were invoked.
  const hasFunctions = results.some(({ by }) => by !== undefined);
  const rows = results.map(({ kind, name, by = 'this machine', detail, problem }) => [
    kind,
    name,
    ...(hasFunctions ? [by] : []),
    problem === null ? 'ok' : 'FAILED',
    detail,
  ]);
  const remedies = results.flatMap(({ problem }) =>
    problem === null ? [] : [`${problem.subject}: ${problem.remedy}`],
  );
  const table = formatTable(['KIND', 'NAME', ...(hasFunctions ? ['CHECKED BY'] : []), 'RESULT', 'DETAIL'], rows);
  if (remedies.length === 0) return table;
  return [table, '', ...remedies.map((remedy) => `${paint('red', 'remedy:')} ${remedy}`)].join('\n');
}
