import { openSessions } from '../../cluster/api/connection.ts';
import type { ClusterConfig, Target } from '../../config/checked/config.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { ConnectFlags } from './connect-flags.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { escapeControls } from '../terminal/escape-controls.ts';
import { representativeTargets } from '../lookup/representative-target.ts';
import { readStackOutputs } from './headgate-stack.ts';
import type { StackFlags } from './headgate-stack.ts';
import { formatTable } from '../terminal/table.ts';
import { probeTargetAccess } from './target-access.ts';
import { groupOf, rbacManifests } from './target-rbac.ts';

/** Comes in as each target; as long as one cannot, says what to run in the account of the cluster. */
export async function connectCluster(context: Context, cluster: ClusterConfig, flags: ConnectFlags): Promise<ExitCode> {
  const { config } = context;
  const own = config.targets.filter((target) => target.cluster.name === cluster.name);
  const targets = [...own, ...representativeTargets(config.templates, cluster)];
  if (flags.isRbac) {
    context.print((await rbacManifests(targets)).trimEnd());
    return 0;
  }
  const looks = await lookAtAll(context, targets);
  const isWell = looks.every(({ problem }) => problem === null);
  if (context.output === 'json') {
    const shown = looks.map(({ target, detail, problem }) => ({
      target,
      ok: problem === null,
      detail,
      remedy: problem?.remedy ?? null,
    }));
    context.print(JSON.stringify(shown, null, 2));
    return isWell ? 0 : 1;
  }
  context.print(
    formatTable(
      ['TARGET', 'RESULT', 'DETAIL'],
      looks.map(({ target, detail, problem }) => [target, problem === null ? 'ok' : 'FAILED', detail]),
    ),
  );
  if (isWell) return 0;
  context.print('');
  for (const line of await instructions(context, { cluster, targets, place: flags })) context.print(line);
  return 1;
}

interface Look {
  readonly target: string;
  readonly detail: string;
  readonly problem: Problem | null;
}

const DEADLINE_MS = 15_000;

async function lookAtAll(context: Context, targets: readonly Target[]): Promise<readonly Look[]> {
  const { config, env, log, dataDir, signal } = context;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress });
  const sessions = openSessions();
  try {
    return await Promise.all(
      targets.map(async (target): Promise<Look> => {
        const within = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
        try {
          const who = await probeTargetAccess(target, { accessOf: runtime.accessOf, sessions }, within);
          return { target: target.name, detail: `as ${who.username}, ${who.groups.join(', ')}`, problem: null };
        } catch (thrown) {
          const { problem } = asDeployError(thrown);
          return { target: target.name, detail: problem.message, problem };
        }
      }),
    );
  } finally {
    sessions.close();
    runtime.close();
  }
}

async function instructions(
  context: Context,
  { cluster, targets, place }: { cluster: ClusterConfig; targets: readonly Target[]; place: StackFlags },
): Promise<readonly string[]> {
  const rbac = [
    'Give the groups their rights, as an administrator of the cluster:',
    `  headgate connect ${cluster.name} --rbac | kubectl apply -f -`,
  ];
  const again = `Then run headgate connect ${cluster.name} again: it verifies the access.`;
  if (cluster.kind === 'kubeconfig') return [...rbac, again];
  const outputs = await readStackOutputs(context, place);
  const roles = Map.groupBy(targets, (target) => target.role ?? cluster.role);
  return [
    'Run in the account and region of the cluster:',
    ...[...roles].flatMap(([role, ofRole]) => accessCommand(role, ofRole, { cluster, outputs })),
    ...rbac,
    again,
  ];
}

type EksCluster = Extract<ClusterConfig, { kind: 'eks' }>;

function accessCommand(
  role: string | null,
  targets: readonly Target[],
  { cluster, outputs }: { cluster: EksCluster; outputs: Readonly<Record<string, string>> },
): readonly string[] {
  const name = /:role\/headgate\/([^/]+)$/.exec(role ?? '')?.[1];
  if (name === undefined || cluster.externalId === null) {
    throw new DeployError('config-invalid', {
      subject: `cluster ${cluster.name}`,
      message: name === undefined ? `its role is not on the path /headgate/` : 'it has no externalId',
      remedy:
        'Write eks: { …, role: arn:aws:iam::ACCOUNT:role/headgate/NAME, externalId: … }: the functions may assume roles on that path alone.',
    });
  }
  const parameters = {
    ClusterName: cluster.cluster,
    RoleName: name,
    KubernetesGroups: [...new Set(targets.map(groupOf))].join(','),
    ExternalId: cluster.externalId,
    DeployRoleArn: outputs['DeployRoleArn'] ?? '',
    SweepRoleArn: outputs['SweepRoleArn'] ?? '',
  };
  return [
    `  aws cloudformation deploy --region ${cluster.region} --stack-name headgate-access-${name} \\`,
    '    --template-file infra/cluster-access.yml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides \\',
    ...Object.entries(parameters).map(
      ([key, value], index, all) => `    ${key}=${quoted(value)}${index === all.length - 1 ? '' : ' \\'}`,
    ),
  ];
}

function quoted(value: string): string {
  return `'${escapeControls(value).replaceAll("'", `'\\''`)}'`;
}
