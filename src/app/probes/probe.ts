import { ExchangeError } from '../../exchange/exchange.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';

/** One thing to find out. `run` resolves to the detail for the table, or throws. */
export interface Probe {
  readonly kind:
    'aws' | 'secret' | 'repository' | 'write' | 'cluster' | 'clock' | 'webhook' | 'statuses' | 'target' | 'image';
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<string>;
}

export interface ProbeResult {
  readonly kind: 'config' | 'function' | 'template' | 'directory' | Probe['kind'];
  readonly name: string;
  readonly detail: string;
  /** The function that looked. Absent: this process. */
  readonly by?: string;
  /** Null: the probe succeeded. */
  readonly problem: Problem | null;
}

const DEADLINE_MS = 15_000;

export async function runProbe({ kind, name, run }: Probe, signal: AbortSignal): Promise<ProbeResult> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    return { kind, name, detail: await run(AbortSignal.any([signal, deadline])), problem: null };
  } catch (thrown) {
    const { problem } = deadline.aborted
      ? timedOut(kind, name, thrown)
      : thrown instanceof ExchangeError
        ? notReached(kind, name, thrown)
        : asDeployError(thrown);
    return { kind, name, detail: problem.message, problem };
  }
}

/** A name that does not resolve, a refused connection: nothing that Headgate can have caused. */
function notReached(kind: Probe['kind'], name: string, cause: ExchangeError): DeployError {
  const code = cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : null;
  const isUnresolved = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  return new DeployError('host-unreachable', {
    subject: `${kind} ${name}`,
    message: isUnresolved ? `DNS does not resolve the name of the server: ${cause.message}` : cause.message,
    remedy: isUnresolved
      ? 'Check the name in headgate.yml, and DNS in the network: for a function, in its VPC.'
      : 'Check the address, the network and any firewall on the way.',
    cause,
  });
}

function timedOut(kind: Probe['kind'], name: string, cause: unknown): DeployError {
  const codes = { cluster: 'cluster-unreachable', image: 'registry-unreachable' } as const;
  return new DeployError(kind === 'cluster' || kind === 'image' ? codes[kind] : 'git-unreachable', {
    subject: `${kind} ${name}`,
    message: `no answer within ${DEADLINE_MS / 1000} s`,
    remedy: 'Check the address, the network and any firewall on the way.',
    cause,
  });
}
