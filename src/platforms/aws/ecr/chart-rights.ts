import type { Config, TargetSettings } from '../../../config/checked/config.ts';
import { registryOf } from './registry.ts';

/** What `helm pull` reads of the charts that headgate.yml has in private registries of ECR. */
export function chartPolicies({ targets, templates, previews }: Pick<Config, 'targets' | 'templates' | 'previews'>) {
  const deployed = [...targets, ...templates.map(({ settings }) => settings)];
  const planned = deployed.filter(({ repository }) => repository.pullRequests.plan);
  const charts = chartRights('DeployRole', deployed);
  const rendered = chartRights('WorkRole', [...planned, ...previews.map(({ settings }) => settings)]);
  return {
    ...(charts === null ? {} : { DeployCharts: charts }),
    ...(rendered === null ? {} : { WorkCharts: rendered }),
  };
}

/** Null: there are none. */
function chartRights(role: string, deployed: readonly TargetSettings[]) {
  const charts = deployed.flatMap(({ helm }) => {
    if (helm === null) return [];
    // A pushed Chart.yaml names the repositories of its dependencies, on the registries that the target lists.
    const dependencies = helm.dependencies.map((host) => `oci://${host}/*`);
    return helm.oci === null ? dependencies : [helm.chart === null ? helm.oci : `${helm.oci}/${helm.chart}`];
  });
  const repositories = [...new Set(charts)].toSorted().flatMap((chart) => {
    const { host, pathname } = new URL(chart);
    const registry = registryOf(host);
    if (registry === null) return [];
    const { region, account } = registry;
    return [{ 'Fn::Sub': `arn:\${AWS::Partition}:ecr:${region}:${account}:repository${pathname}` }];
  });
  if (repositories.length === 0) return null;
  // A login is for all registries of the account: AWS takes no resource for it.
  const login = { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' };
  const read = { Effect: 'Allow', Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], Resource: repositories };
  return {
    Type: 'AWS::IAM::RolePolicy',
    Properties: {
      RoleName: { Ref: role },
      PolicyName: 'charts',
      PolicyDocument: { Version: '2012-10-17', Statement: [login, read] },
    },
  };
}
