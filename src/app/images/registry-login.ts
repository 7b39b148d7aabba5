import type { Aws } from '../../platforms/aws/api/request.ts';
import type { RegistryLogin } from '../../sandbox/pull-chart.ts';

/** The login to private registries of ECR, loaded when a chart or an image is in one. */
export function ecrLoginOf(aws: Aws): RegistryLogin {
  return async (host, signal) => {
    const { ecrLogin } = await import('../../platforms/aws/ecr/registry-login.ts');
    return ecrLogin(host, aws, signal);
  };
}
