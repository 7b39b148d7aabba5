import type { Config } from '../../../config/checked/config.ts';
import { usesWork } from '../../../config/derived/uses-work.ts';
import { codecommitResources } from '../codecommit/push-events.ts';
import { imageEvents, imageRights } from '../ecr/image-rights.ts';
import { clusterPolicies } from '../eks/cluster-policies.ts';
import { secretPolicies } from '../secrets/secret-policies.ts';
import { channelRights } from './channel-rights.ts';

/**
 * The fragment of the template that gives each function the rights that this headgate.yml takes, and no other, the rules whose
 * events the webhook function receives, and whether the stack has the work function.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text
 */
export function configPolicies(config: Config, stage: string) {
  const images = imageRights(config);
  const channels = channelRights(config);
  return {
    Conditions: { HasWork: { 'Fn::Equals': [String(usesWork(config)), 'true'] } },
    Resources: {
      ...secretPolicies(config).Resources,
      ...clusterPolicies(config),
      ...codecommitResources(config),
      ...(images === null ? {} : { WorkImages: images }),
      ...(channels === null ? {} : { WorkChannels: channels }),
      ...imageEvents(config, stage),
    },
  };
}
