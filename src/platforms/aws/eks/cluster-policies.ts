import type { Config } from '../../../config/checked/config.ts';
import { usesClustersBesideDeploys } from '../../../config/derived/uses-work.ts';
import { clusterRoles } from './cluster-roles.ts';

/** A managed policy has at most 6,144 characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLES_PER_POLICY = 25;

/**
 * The part of the template that lets the functions assume the roles of clusters in this headgate.yml. The sweep assumes the
 * read roles of the clusters that have one, and then no other role of them.
 */
export function clusterPolicies(config: Config) {
  const [written, read] = [clusterRoles(config, { isReader: false }), clusterRoles(config, { isReader: true })];
  const writers = ['DeployRole', 'CheckRole', ...(usesClustersBesideDeploys(config) ? ['WorkRole'] : [])];
  if (written.join() === read.join()) return policies('ClusterRoles', written, [...writers, 'SweepRole']);
  return { ...policies('ClusterRoles', written, writers), ...policies('ClusterReadRoles', read, ['SweepRole']) };
}

function policies(name: string, roles: readonly string[], functions: readonly string[]) {
  const count = Math.ceil(roles.length / ROLES_PER_POLICY);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      index === 0 ? name : `${name}${index + 1}`,
      policyOf(roles.slice(index * ROLES_PER_POLICY, (index + 1) * ROLES_PER_POLICY), functions),
    ]),
  );
}

/** Not a path with a wildcard: a role of that name in any other account would be one that functions may assume. */
function policyOf(roles: readonly string[], functions: readonly string[]) {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      Description: 'The roles of clusters in headgate.yml',
      Roles: functions.map((name) => ({ Ref: name })),
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Sid: 'ReachClusters', Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roles }],
      },
    },
  };
}
