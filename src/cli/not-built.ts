import { DeployError } from '../error/deploy-error.ts';

export function notBuilt(command: string): DeployError {
  return new DeployError('usage', {
    subject: `headgate ${command}`,
    message: `${command} is not built yet`,
    remedy: 'It comes with a later version: CHANGELOG.md says which.',
  });
}
