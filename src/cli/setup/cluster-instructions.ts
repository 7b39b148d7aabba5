import type { ClusterConfig, Preview, Target } from '../../config/checked/config.ts';
import { usesClustersBesideDeploys } from '../../config/derived/uses-work.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import { visibleText } from '../../error/visible-text.ts';
import { readStackOutputs } from '../stack/headgate-stack.ts';
import { groupOf, previewOwner, READERS } from './target-rbac.ts';

interface ClusterAccess {
  readonly cluster: ClusterConfig;
  readonly targets: readonly Target[];
  readonly previews: readonly Preview[];
}

/** The commands that grant these targets access to their cluster, as lines to paste. */
export async function clusterInstructions(
  context: Context,
  { cluster, targets, previews }: ClusterAccess,
): Promise<readonly string[]> {
  const rbac = [
    'Grant the groups their permissions, as an administrator of the cluster:',
    `  headgate connect ${cluster.name} --rbac | kubectl apply -f -`,
  ];
  const verify = `Then run headgate connect ${cluster.name} again to verify the access.`;
  if (cluster.kind === 'kubeconfig') return [...rbac, verify];
  const outputs = trustedRoles(await readStackOutputs(context), context.config);
  const owners = [
    ...targets,
    // A preview has no role but that of its cluster.
    ...previews.map((preview) => ({ ...previewOwner(preview), role: null })),
  ];
  const roles = Map.groupBy(owners, (owner) => owner.role ?? cluster.role);
  return [
    'Run this in the account and region of the cluster:',
    ...[...roles].flatMap(([role, ofRole]) => accessCommand(role, ofRole.map(groupOf), { cluster, outputs })),
    ...readAccess(cluster, outputs),
    ...rbac,
    verify,
  ];
}

/** Of the functions that reach clusters: the work function does for some keys of headgate.yml. */
function trustedRoles({ WorkRoleArn: work, ...outputs }: Outputs, config: Context['config']): Outputs {
  return work !== undefined && usesClustersBesideDeploys(config) ? { ...outputs, WorkRoleArn: work } : outputs;
}

/** With a read role, the sweep assumes no other one. */
function readAccess(cluster: EksCluster, outputs: Outputs): readonly string[] {
  if (cluster.readRole === null) return [];
  const { SweepRoleArn = '' } = outputs;
  const bySweep = { DeployRoleArn: SweepRoleArn, CheckRoleArn: SweepRoleArn, SweepRoleArn };
  return accessCommand(cluster.readRole, [groupOf(READERS)], { cluster, outputs: bySweep });
}

type Outputs = Readonly<Record<string, string>>;
type EksCluster = Extract<ClusterConfig, { kind: 'eks' }>;

/** Deploys infra/cluster-access.yml: the role and its access entry. */
function accessCommand(
  role: string | null,
  groups: readonly string[],
  { cluster, outputs }: { cluster: EksCluster; outputs: Outputs },
): readonly string[] {
  const name = /:role\/headgate\/([^/]+)$/.exec(role ?? '')?.[1];
  if (name === undefined || cluster.externalId === null) {
    throw new DeployError('config-invalid', {
      subject: `cluster ${cluster.name}`,
      message: name === undefined ? 'the role is not on the path /headgate/' : 'externalId is missing',
      remedy:
        'Set eks: { …, role: arn:aws:iam::ACCOUNT:role/headgate/NAME, externalId: … }. The functions may assume only roles on that path.',
    });
  }
  const { WorkRoleArn } = outputs;
  const parameters = {
    ClusterName: cluster.cluster,
    RoleName: name,
    KubernetesGroups: [...new Set(groups)].join(','),
    ExternalId: cluster.externalId,
    DeployRoleArn: outputs['DeployRoleArn'] ?? '',
    CheckRoleArn: outputs['CheckRoleArn'] ?? '',
    SweepRoleArn: outputs['SweepRoleArn'] ?? '',
    ...(WorkRoleArn === undefined ? {} : { WorkRoleArn }),
  };
  return [
    `  aws cloudformation deploy --region ${cluster.region} --stack-name headgate-access-${name} \\`,
    '    --template-file infra/cluster-access.yml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides \\',
    ...Object.entries(parameters).map(
      ([key, value], index, all) => `    ${key}=${shellQuoted(value)}${index === all.length - 1 ? '' : ' \\'}`,
    ),
  ];
}

function shellQuoted(value: string): string {
  return `'${visibleText(value).replaceAll("'", `'\\''`)}'`;
}
