import type { Config } from '../../../config/checked/config.ts';
import { clusterPolicies } from '../eks/cluster-policies.ts';
import { secretPolicies } from '../secrets/secret-policies.ts';
import { refuseUnbuilt } from './refuse-unbuilt.ts';

/**
 * The fragment of the template that gives each function the rights that this headgate.yml takes, and no other.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text, and for keys that they do not carry out
 */
export function configPolicies(config: Config) {
  refuseUnbuilt(config);
  return { Resources: { ...secretPolicies(config).Resources, ...clusterPolicies(config) } };
}
