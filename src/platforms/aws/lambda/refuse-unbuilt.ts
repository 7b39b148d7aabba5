import type { Config } from '../../../config/checked/config.ts';
import { DeployError } from '../../../error/deploy-error.ts';

/** @throws DeployError `config-invalid` for keys of headgate.yml that only `headgate serve` carries out */
export function refuseUnbuilt({ repositories, targets, templates }: Config): void {
  const planned = [...repositories.values()].find(({ pullRequests }) => pullRequests.plan);
  if (planned !== undefined) throw unbuilt(`pullRequests.plan of repository ${planned.name}`, 'plan pull requests');
  const settings = [...targets, ...templates.map(({ name, settings: of }) => ({ ...of, name }))];
  const approved = settings.find(({ approval }) => approval === 'plan');
  if (approved !== undefined) throw unbuilt(`approval of target ${approved.name}`, 'wait for approvals');
}

function unbuilt(subject: string, what: string): DeployError {
  return new DeployError('config-invalid', {
    subject,
    message: `the functions on AWS do not ${what} yet`,
    remedy: 'Remove it, or run headgate serve instead.',
  });
}
