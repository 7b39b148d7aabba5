import type { Config } from '../../../config/checked/config.ts';
import { DeployError } from '../../../error/deploy-error.ts';

/** @throws DeployError `config-invalid` for keys of headgate.yml that only `headgate serve` carries out */
export function refuseUnbuilt({ repositories }: Config): void {
  const planned = [...repositories.values()].filter(({ pullRequests }) => pullRequests.plan);
  const [first] = planned;
  if (first === undefined) return;
  throw new DeployError('config-invalid', {
    subject: `pullRequests.plan of repository ${first.name}`,
    message: 'the functions on AWS do not plan pull requests yet',
    remedy: 'Remove it, or run headgate serve for this repository.',
  });
}
