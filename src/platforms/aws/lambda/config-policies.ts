import type { Config } from '../../../config/checked/config.ts';
import { codecommitResources } from '../codecommit/push-events.ts';
import { clusterPolicies } from '../eks/cluster-policies.ts';
import { secretPolicies } from '../secrets/secret-policies.ts';

/**
 * The fragment of the template that gives each function the rights that this headgate.yml takes, and no other, and the rules
 * whose events it receives.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text
 */
export function configPolicies(config: Config) {
  return {
    Resources: { ...secretPolicies(config).Resources, ...clusterPolicies(config), ...codecommitResources(config) },
  };
}
