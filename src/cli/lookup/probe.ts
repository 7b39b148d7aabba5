import type { Problem } from '../../error/deploy-error.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';

/** What one look has found. */
export interface ProbeResult {
  readonly kind: 'config' | 'template' | 'directory' | Probe['kind'];
  readonly name: string;
  readonly detail: string;
  readonly problem: Problem | null;
}

/** No single answer may take longer. */
const DEADLINE_MS = 15_000;

export async function runProbe({ kind, name, run: look }: Probe, signal: AbortSignal): Promise<ProbeResult> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    return { kind, name, detail: await look(AbortSignal.any([signal, deadline])), problem: null };
  } catch (thrown) {
    const { problem } = deadline.aborted ? tooSlow(kind, name, thrown) : asDeployError(thrown);
    return { kind, name, detail: problem.message, problem };
  }
}

function tooSlow(kind: Probe['kind'], name: string, cause: unknown): DeployError {
  return new DeployError(kind === 'cluster' ? 'cluster-unreachable' : 'git-unreachable', {
    subject: `${kind} ${name}`,
    message: `no answer within ${DEADLINE_MS / 1000} s`,
    remedy: 'Look at the address, the network and the firewall between.',
    cause,
  });
}

export function resultsAsJson(results: readonly ProbeResult[]): string {
  return JSON.stringify(
    results.map(({ kind, name, detail, problem }) => ({
      kind,
      name,
      ok: problem === null,
      detail,
      remedy: problem?.remedy ?? null,
    })),
    null,
    2,
  );
}

export function resultsAsTable(results: readonly ProbeResult[], { paint }: Context): string {
  const rows = results.map(({ kind, name, detail, problem }) => [
    kind,
    name,
    problem === null ? 'ok' : 'FAILED',
    detail,
  ]);
  const remedies = results.flatMap(({ problem }) =>
    problem === null ? [] : [`${problem.subject}: ${problem.remedy}`],
  );
  const table = formatTable(['KIND', 'NAME', 'RESULT', 'DETAIL'], rows);
  if (remedies.length === 0) return table;
  return [table, '', ...remedies.map((remedy) => `${paint('red', 'remedy:')} ${remedy}`)].join('\n');
}

/** One thing to find out. `look` answers with a word for the table, or throws. */
export interface Probe {
  readonly kind: 'secret' | 'repository' | 'cluster' | 'clock' | 'webhook' | 'statuses' | 'target';
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<string>;
}
