import type { Reception } from '../../deploy/webhook/reception.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { ProbeResult } from '../probes/probe.ts';

/** `{"verify":["shop-prod"]}`, from `headgate connect` and `doctor`. Queues and URLs never send it at the top of their events. */
export function isVerification(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'verify' in event;
}

/** Whether the webhook function may read the webhook secrets. It needs nothing else, and bundles no more than this for it. */
export function verifySecrets(
  { config, secretsOf }: Pick<Reception, 'config' | 'secretsOf'>,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  return Promise.all(
    [...config.repositories.values()].map(async (repository): Promise<ProbeResult> => {
      const row = { kind: 'secret', name: repository.name } as const;
      try {
        await secretsOf(repository, signal);
        return { ...row, detail: 'webhook secrets found', problem: null };
      } catch (thrown) {
        const { problem } = asDeployError(thrown);
        return { ...row, detail: problem.message, problem };
      }
    }),
  );
}
