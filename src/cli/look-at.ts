import type { Problem } from '../error/deploy-error.ts';
import { asDeployError, DeployError } from '../error/deploy-error.ts';
import type { Check } from './access-checks.ts';
import type { Context } from './context.ts';
import { formatTable } from './table.ts';

/** What one look has found. */
export interface Found {
  readonly kind: 'config' | 'rule' | 'directory' | Check['kind'];
  readonly name: string;
  readonly detail: string;
  readonly problem: Problem | null;
}

/** No single answer may take longer. */
const DEADLINE_MS = 15_000;

export async function lookAt({ kind, name, look }: Check, signal: AbortSignal): Promise<Found> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    return { kind, name, detail: await look(AbortSignal.any([signal, deadline])), problem: null };
  } catch (thrown) {
    const { problem } = deadline.aborted ? tooSlow(kind, name, thrown) : asDeployError(thrown);
    return { kind, name, detail: problem.message, problem };
  }
}

function tooSlow(kind: Check['kind'], name: string, cause: unknown): DeployError {
  return new DeployError(kind === 'cluster' ? 'cluster-unreachable' : 'git-unreachable', {
    subject: `${kind} ${name}`,
    message: `no answer within ${DEADLINE_MS / 1000} s`,
    remedy: 'Look at the address, the network and the firewall between.',
    cause,
  });
}

export function foundAsJson(found: readonly Found[]): string {
  return JSON.stringify(
    found.map(({ kind, name, detail, problem }) => ({
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

export function foundAsTable(found: readonly Found[], { paint }: Context): string {
  const rows = found.map(({ kind, name, detail, problem }) => [kind, name, problem === null ? 'ok' : 'FAILED', detail]);
  const remedies = found.flatMap(({ problem }) => (problem === null ? [] : [`${problem.subject}: ${problem.remedy}`]));
  const table = formatTable(['KIND', 'NAME', 'RESULT', 'DETAIL'], rows);
  if (remedies.length === 0) return table;
  return [table, '', ...remedies.map((remedy) => `${paint('red', 'remedy:')} ${remedy}`)].join('\n');
}
