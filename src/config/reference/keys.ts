import { CHANNEL_KEYS } from '../checked/channel.ts';
import type { ChannelKey, ChannelKeys } from '../checked/channel.ts';
import { CHANNEL_EVENTS } from '../written/channel-events.ts';
import { IMAGES } from './image-keys.ts';
import { previewKeys } from './preview-keys.ts';
import { PROMOTIONS } from './promotion-keys.ts';
import type { KeyReference } from './key-reference.ts';
import { REFERENCE_TYPE } from './key-reference.ts';

const KEY: readonly KeyReference[] = [
  {
    key: 'key',
    type: `${REFERENCE_TYPE}; a list while rotating`,
    note: 'required with pullRequests.plan, previews and approval: plan',
    meaning:
      'The key that signs plans, approvals and the records of images and promotions: any random text of 32 characters or more. The first one of a list signs.',
    example: 'key: env:HEADGATE_KEY',
  },
];

const CLUSTERS: readonly KeyReference[] = [
  {
    key: 'clusters',
    type: 'map of clusters by name',
    note: 'required',
    meaning: 'The clusters that targets may deploy to. Each has eks or kubeconfig.',
    example: 'clusters: { lab: { kubeconfig: { path: ./kubeconfig, context: lab } } }',
  },
  {
    key: 'clusters.kubeconfig',
    type: 'map',
    meaning:
      'A cluster that is reached by a kubeconfig. Only headgate serve, the HTTP host and the commands can use it, not the functions on AWS.',
    example: 'kubeconfig: { path: ./kubeconfig, context: lab }',
  },
  {
    key: 'clusters.kubeconfig.path',
    type: 'path',
    note: 'without it: $KUBECONFIG, then ~/.kube/config',
    meaning: 'The kubeconfig, relative to headgate.yml.',
    example: 'path: ./kubeconfig',
  },
  {
    key: 'clusters.kubeconfig.secret',
    type: REFERENCE_TYPE,
    note: 'instead of path',
    meaning: 'The secret whose content is the kubeconfig, where a process has no files, such as the HTTP host.',
    example: 'secret: env:LAB_KUBECONFIG',
  },
  {
    key: 'clusters.kubeconfig.context',
    type: 'text',
    note: 'required if the kubeconfig has several contexts',
    meaning: 'The context of the kubeconfig.',
    example: 'context: lab',
  },
  {
    key: 'clusters.eks',
    type: 'map',
    meaning: 'A cluster on EKS, which is reached by an IAM role, without a kubeconfig.',
    example: 'eks: { name: prod, region: eu-west-1, role: "arn:aws:iam::111122223333:role/headgate/shop" }',
  },
  {
    key: 'clusters.eks.name',
    type: 'text',
    note: 'required',
    meaning: 'The name of the cluster in EKS.',
    example: 'name: prod',
  },
  {
    key: 'clusters.eks.region',
    type: 'AWS region',
    note: 'required',
    meaning: 'The region of the cluster.',
    example: 'region: eu-west-1',
  },
  {
    key: 'clusters.eks.role',
    type: 'ARN of an IAM role',
    note: "without it: Headgate's own role",
    meaning: 'The role that is assumed for the cluster, unless the target has its own.',
    example: 'role: arn:aws:iam::111122223333:role/headgate/shop',
  },
  {
    key: 'clusters.eks.readRole',
    type: 'ARN of an IAM role',
    note: 'without it: the role that the target is deployed with',
    meaning:
      'The role that the sweep assumes for the cluster. It only reads, and no service account is impersonated with it.',
    example: 'readRole: arn:aws:iam::111122223333:role/headgate/shop-read',
  },
  {
    key: 'clusters.eks.externalId',
    type: 'text',
    meaning: 'The external id that the trust policy of the role requires.',
    example: 'externalId: 5c1c0f',
  },
  {
    key: 'clusters.insecure',
    type: 'true or false',
    default: 'false',
    meaning: 'Accepts a kubeconfig whose API server has an http:// address on another machine. TLS is always verified.',
    example: 'insecure: true',
  },
];

const REPOSITORIES: readonly KeyReference[] = [
  {
    key: 'repositories',
    type: 'map of repositories by name',
    note: 'required',
    meaning: 'The repositories that are deployed. The name is part of the address of the webhook: /webhooks/NAME.',
    example:
      'repositories: { fleet: { host: github, url: "https://github.com/acme/fleet.git", webhookSecret: env:FLEET_WEBHOOK_SECRET } }',
  },
  {
    key: 'repositories.host',
    type: 'name of a Git host, or git',
    note: 'required',
    meaning:
      'The kind of Git host, which decides how webhooks and commit statuses work. git is any server: the sweep finds its pushes.',
    example: 'host: github',
  },
  {
    key: 'repositories.url',
    type: 'https URL',
    note: 'required',
    meaning:
      'The address of the repository, without a user or password. http is accepted for loopback only, or with insecure.',
    example: 'url: https://github.com/acme/fleet.git',
  },
  {
    key: 'repositories.api',
    type: 'https URL',
    note: "without it: the host's public API, or the usual path of a self-hosted one",
    meaning: 'The address of the API of the Git host.',
    example: 'api: https://git.example.com/api/v3',
  },
  {
    key: 'repositories.id',
    type: 'text or number',
    note: 'without it: the full name is checked',
    meaning: "The host's immutable id of the repository. A delivery of any other repository is refused.",
    example: 'id: "123456"',
  },
  {
    key: 'repositories.webhookSecret',
    type: `${REFERENCE_TYPE}; a list while rotating`,
    note: 'required, except with host: git and codecommit',
    meaning: 'The secret that the host signs its deliveries with.',
    example: 'webhookSecret: env:FLEET_WEBHOOK_SECRET',
  },
  {
    key: 'repositories.webhookHeader',
    type: 'name of a header',
    note: 'default: Basic authentication with the user headgate; only with host: azure-devops, which signs nothing',
    meaning: 'The header of a delivery that has the secret, compared in constant time.',
    example: 'webhookHeader: X-Token',
  },
  {
    key: 'repositories.credentials',
    type: `${REFERENCE_TYPE}, a GitHub App; iam`,
    note: 'optional for a public repository',
    meaning: 'Reads Git and writes commit statuses. iam: with host: codecommit, the identity on AWS.',
    example: 'credentials: env:FLEET_TOKEN',
  },
  {
    key: 'repositories.credentials.app',
    type: 'number',
    note: 'required for a GitHub App',
    meaning: 'The id of the GitHub App.',
    example: 'app: 12345',
  },
  {
    key: 'repositories.credentials.installation',
    type: 'number',
    note: 'required for a GitHub App',
    meaning: 'The id of the installation of the GitHub App.',
    example: 'installation: 678',
  },
  {
    key: 'repositories.credentials.privateKey',
    type: REFERENCE_TYPE,
    note: 'required for a GitHub App',
    meaning: 'The private key of the GitHub App.',
    example: 'privateKey: file:app.pem',
  },
  {
    key: 'repositories.statuses',
    type: 'true or false',
    note: 'without it: true with credentials',
    meaning: 'Whether the outcome is reported as a commit status.',
    example: 'statuses: false',
  },
  {
    key: 'repositories.pullRequests',
    type: 'map',
    meaning: 'What happens to pull requests into the branches that targets follow.',
    example: 'pullRequests: { plan: true, forks: true, serviceAccount: headgate/planner }',
  },
  {
    key: 'repositories.pullRequests.plan',
    type: 'true or false',
    default: 'false',
    meaning:
      'Plans every pull request, by server-side dry runs of its merge. Requires key, credentials, and a Git host whose pull requests Headgate reads.',
    example: 'plan: true',
  },
  {
    key: 'repositories.pullRequests.comment',
    type: 'true or false',
    default: 'true',
    meaning: 'Whether the plan is shown in a comment, which is kept up to date. Its outcome is a commit status too.',
    example: 'comment: false',
  },
  {
    key: 'repositories.pullRequests.forks',
    type: 'true or false',
    default: 'false',
    meaning: 'Plans the pull requests of forks too, without decryption. Requires serviceAccount.',
    example: 'forks: true',
  },
  {
    key: 'repositories.pullRequests.serviceAccount',
    type: 'namespace/name of a service account',
    note: 'required with forks',
    meaning: 'The service account that is impersonated to plan the pull requests of forks.',
    example: 'serviceAccount: headgate/planner',
  },
  {
    key: 'repositories.pullRequests.approvers',
    type: 'list of user names or ids',
    default: '[]',
    note: 'empty: everyone who may write to the repository',
    meaning:
      'Who may approve plans, and hold and release targets, by comments; they need no write access. An author of the pull request or of its commits can never approve it. An id (id:1234) still names the account after its user name changes.',
    example: 'approvers: [ann, "id:583231"]',
  },
  {
    key: 'repositories.write',
    type: `${REFERENCE_TYPE}; iam`,
    note: 'required when images or promotions write to the repository, and with record: refs',
    meaning:
      'A token that may push, for the commits and refs that Headgate writes, and the pull requests that it opens. It is used for nothing else. iam: with host: codecommit, the identity on AWS.',
    example: 'write: env:FLEET_WRITE_TOKEN',
  },
  {
    key: 'repositories.record',
    type: 'none or refs',
    default: 'none',
    meaning: 'refs: git log shows where each target is (docs/record.md). headgate http-host does not do this yet.',
    example: 'record: refs',
  },
  {
    key: 'repositories.insecure',
    type: 'true or false',
    default: 'false',
    meaning: 'Accepts http:// addresses of other machines. TLS is always verified.',
    example: 'insecure: true',
  },
  {
    key: 'repositories.caFile',
    type: 'path',
    meaning: 'A file with the private CA of the Git host, relative to headgate.yml.',
    example: 'caFile: ./ca.pem',
  },
  {
    key: 'repositories.notify',
    type: 'list of names of channels',
    default: '[]',
    meaning: 'The channels that report all targets of the repository.',
    example: 'notify: [platform]',
  },
];

const TARGETS: readonly KeyReference[] = [
  {
    key: 'targets',
    type: 'list of targets',
    note: 'required',
    meaning: 'What is deployed: a path of a repository, to a cluster. Each target owns what it deployed.',
    example: 'targets: [{ name: shop-prod, repository: fleet, branch: main, cluster: lab, namespace: shop }]',
  },
  {
    key: 'targets.name',
    type: 'up to 40 lowercase letters, digits and dashes',
    note: 'required',
    meaning: 'The name of the target, which is unique. A renamed target is refused until the old one is uninstalled.',
    example: 'name: shop-prod',
  },
  {
    key: 'targets.repository',
    type: 'name of a repository',
    note: 'required',
    meaning: 'The entry of repositories that is deployed.',
    example: 'repository: fleet',
  },
  {
    key: 'targets.branch',
    type: 'name of a branch',
    note: 'required',
    meaning: 'The branch whose tip is deployed.',
    example: 'branch: main',
  },
  {
    key: 'targets.path',
    type: 'path from the root of the repository',
    note: 'without it: the root',
    meaning: 'The directory that is deployed: plain manifests, a kustomization or a Helm chart.',
    example: 'path: clusters/prod',
  },
  {
    key: 'targets.inputs',
    type: 'list of paths from the root of the repository',
    default: '[]',
    meaning: 'Paths outside path that the target reads. A push that changes neither does not concern the target.',
    example: 'inputs: [apps/base]',
  },
  {
    key: 'targets.cluster',
    type: 'name of a cluster',
    note: 'required',
    meaning: 'The entry of clusters that the target deploys to.',
    example: 'cluster: lab',
  },
  {
    key: 'targets.role',
    type: 'ARN of an IAM role',
    note: 'without it: the role of the cluster',
    meaning: 'The role that is assumed for this target, on EKS.',
    example: 'role: arn:aws:iam::111122223333:role/headgate/shop',
  },
  {
    key: 'targets.namespace',
    type: 'name of a namespace',
    note: 'required',
    meaning: 'Where objects without a namespace go, and where the state of the target is kept.',
    example: 'namespace: shop',
  },
  {
    key: 'targets.namespaces',
    type: 'list of namespaces, or ["*"] for any',
    note: 'without it: the namespace alone',
    meaning: 'The namespaces that the target may deploy to.',
    example: 'namespaces: [shop, shop-jobs]',
  },
  {
    key: 'targets.clusterScoped',
    type: 'true or false',
    default: 'false',
    meaning: 'Whether the target may own objects without a namespace, such as ClusterRoles and Namespaces.',
    example: 'clusterScoped: true',
  },
  {
    key: 'targets.createNamespace',
    type: 'true or false',
    default: 'false',
    meaning: 'Creates the namespace of the target when it is missing.',
    example: 'createNamespace: true',
  },
  {
    key: 'targets.adopt',
    type: 'true or false',
    default: 'false',
    meaning: 'Takes over objects that another tool owns: an ApplySet, a Helm release, Argo CD or Flux.',
    example: 'adopt: true',
  },
  {
    key: 'targets.serviceAccount',
    type: 'namespace/name',
    note: "without it: the identity of the cluster's credentials",
    meaning: 'The service account that is impersonated for every request of the target.',
    example: 'serviceAccount: shop/deployer',
  },
  {
    key: 'targets.prune',
    type: 'map',
    meaning: 'What is deleted when it leaves Git.',
    example: 'prune: { limit: 100 }',
  },
  {
    key: 'targets.prune.enabled',
    type: 'true or false',
    default: 'true',
    meaning: 'Whether an object that left Git is deleted.',
    example: 'enabled: false',
  },
  {
    key: 'targets.prune.limit',
    type: 'number',
    default: '30',
    meaning: 'A run that would delete more objects is refused.',
    example: 'limit: 100',
  },
  {
    key: 'targets.prune.kinds',
    type: 'list of Namespace, CustomResourceDefinition, PersistentVolume, PersistentVolumeClaim',
    default: '[]',
    meaning: 'The protected kinds that may be deleted.',
    example: 'kinds: [PersistentVolumeClaim]',
  },
  {
    key: 'targets.prune.empty',
    type: 'true or false',
    default: 'false',
    meaning: 'Whether a run may leave the target without any object.',
    example: 'empty: true',
  },
  {
    key: 'targets.wait',
    type: 'duration such as 30s, 5m or 1h30m',
    default: '5m',
    meaning: 'How long objects may take to become ready. 0s does not wait.',
    example: 'wait: 10m',
  },
  {
    key: 'targets.conflicts',
    type: 'force or fail',
    default: 'force',
    meaning: 'What happens to a field that another manager owns: it is taken over, or the push is refused.',
    example: 'conflicts: fail',
  },
  {
    key: 'targets.ignore',
    type: 'list of rules',
    default: '[]',
    meaning: 'Fields that are left to other managers, such as replicas to an autoscaler.',
    example: 'ignore: [{ kind: Deployment, paths: [/spec/replicas] }]',
  },
  {
    key: 'targets.ignore.group',
    type: 'API group',
    note: 'without it: any',
    meaning: 'The API group of the objects that the rule is for; "" is the core group.',
    example: 'group: apps',
  },
  {
    key: 'targets.ignore.kind',
    type: 'kind',
    note: 'without it: any',
    meaning: 'The kind of the objects that the rule is for.',
    example: 'kind: Deployment',
  },
  {
    key: 'targets.ignore.namespace',
    type: 'name of a namespace',
    note: 'without it: any',
    meaning: 'The namespace of the objects that the rule is for.',
    example: 'namespace: shop',
  },
  {
    key: 'targets.ignore.name',
    type: 'name of an object',
    note: 'without it: any',
    meaning: 'The name of the object that the rule is for.',
    example: 'name: web',
  },
  {
    key: 'targets.ignore.paths',
    type: 'list of JSON pointers',
    note: 'required',
    meaning: 'The fields that are never written or compared.',
    example: 'paths: [/spec/replicas]',
  },
  {
    key: 'targets.exclude',
    type: 'list of globs below path',
    default: '[]',
    meaning: 'Files that are not manifests. Globs are read as .gitignore reads them.',
    example: 'exclude: ["**/values.yaml"]',
  },
  {
    key: 'targets.kustomize',
    type: 'map',
    meaning: 'What a kustomization may read.',
    example: 'kustomize: { loadRestrictor: none }',
  },
  {
    key: 'targets.kustomize.remoteBases',
    type: 'list of host names',
    default: '[]',
    meaning: 'The hosts that remote bases may be read from.',
    example: 'remoteBases: [github.com]',
  },
  {
    key: 'targets.kustomize.loadRestrictor',
    type: 'root-only or none',
    default: 'root-only',
    meaning: 'Whether a kustomization may read files outside its own directory.',
    example: 'loadRestrictor: none',
  },
  {
    key: 'targets.helm',
    type: 'map',
    meaning: 'Renders a Helm chart. With a chart in path, it is only needed to change the settings.',
    example: 'helm: { chart: web, version: 1.2.3, repository: "https://charts.example.com", values: [values.yaml] }',
  },
  {
    key: 'targets.helm.chart',
    type: 'path from the root of the repository, or with repository the name of a chart',
    note: 'without it: the chart in path',
    meaning: 'The chart to render.',
    example: 'chart: charts/web',
  },
  {
    key: 'targets.helm.version',
    type: 'exact version',
    note: 'required with repository and oci',
    meaning: 'The version of a chart that is not in Git.',
    example: 'version: 1.2.3',
  },
  {
    key: 'targets.helm.repository',
    type: 'https URL',
    meaning: 'The chart repository that the chart comes from.',
    example: 'repository: https://charts.example.com',
  },
  {
    key: 'targets.helm.oci',
    type: 'oci:// address',
    meaning: 'The address of a chart in a registry.',
    example: 'oci: oci://registry.example.com/charts/web',
  },
  {
    key: 'targets.helm.releaseName',
    type: 'up to 53 lowercase letters, digits and dashes',
    note: 'without it: the name of the target',
    meaning: 'The name of the release, which charts use in the names of their objects.',
    example: 'releaseName: web',
  },
  {
    key: 'targets.helm.values',
    type: 'list of paths',
    default: '[]',
    meaning:
      'Values files. Later files win. A path is relative to path, or begins with a slash at the root of the repository. #key takes the values from that key of a ConfigMap in the file.',
    example: 'values: [values.yaml, /envs/prod.yaml, "/apps/web-values.yaml#values.yaml"]',
  },
  {
    key: 'targets.helm.dependencies',
    type: 'list of host names',
    default: '[]',
    meaning:
      'The hosts of chart repositories and registries that the dependencies of a chart in Git may be pulled from, at the versions of its Chart.lock.',
    example: 'dependencies: [charts.example.com, ghcr.io]',
  },
  {
    key: 'targets.helm.set',
    type: 'map of text, numbers, true or false',
    default: '{}',
    meaning: 'Single values by their path, which win over values files.',
    example: 'set: { image.tag: "1.2.3" }',
  },
  {
    key: 'targets.substitute',
    type: 'map',
    note: 'without it: nothing is substituted',
    meaning: 'Replaces ${NAME}, ${NAME:=default} and $$ in manifests.',
    example: 'substitute: { variables: { REGION: eu-west-1 } }',
  },
  {
    key: 'targets.substitute.variables',
    type: 'map of text, numbers, true or false',
    note: 'required',
    meaning: 'The variables by their name.',
    example: 'variables: { REGION: eu-west-1 }',
  },
  {
    key: 'targets.decryption',
    type: 'map',
    note: 'without it: encrypted manifests are refused',
    meaning: 'The keys that decrypt what sops encrypted: age, kms or both.',
    example: 'decryption: { age: env:AGE_KEY }',
  },
  {
    key: 'targets.decryption.age',
    type: REFERENCE_TYPE,
    meaning: 'The age key.',
    example: 'age: env:AGE_KEY',
  },
  {
    key: 'targets.decryption.kms',
    type: 'true or false',
    default: 'false',
    meaning: 'Whether keys of AWS KMS may be used.',
    example: 'kms: true',
  },
  {
    key: 'targets.drift',
    type: 'correct, report or off',
    default: 'correct',
    meaning: 'What happens when an owned object differs from what was deployed.',
    example: 'drift: report',
  },
  {
    key: 'targets.dependsOn',
    type: 'list of names of targets',
    default: '[]',
    meaning: 'Targets that must be at the same commit and ready first.',
    example: 'dependsOn: [infra-prod]',
  },
  {
    key: 'targets.suspend',
    type: 'true or false',
    default: 'false',
    meaning: 'Ignores deliveries and sweeps for the target.',
    example: 'suspend: true',
  },
  {
    key: 'targets.onFailure',
    type: 'keep or rollback',
    default: 'keep',
    meaning:
      'What happens when a push does not become ready in time: the commit stays deployed, or the target is held at the last commit that became ready.',
    example: 'onFailure: rollback',
  },
  {
    key: 'targets.approval',
    type: 'none or plan',
    default: 'none',
    meaning:
      'plan: deploys only the plan that was shown on the merged pull request, or one that a person approved by its hash. Requires key.',
    example: 'approval: plan',
  },
  {
    key: 'targets.notify',
    type: 'list of names of channels',
    default: '[]',
    meaning: 'The channels that report the target, besides those of its repository.',
    example: 'notify: [team-shop]',
  },
  {
    key: 'targets.windows',
    type: 'list of maps with allow or deny',
    default: '[]',
    note: 'without it: always',
    meaning: 'When the target may deploy (docs/steering.md). deny takes precedence.',
    example: 'windows: [{ allow: "Mon-Fri 09:00-17:00", timezone: Europe/Berlin }]',
  },
  {
    key: 'targets.windows.allow',
    type: 'days and hours, an interval, or a map with cron and for',
    note: 'required, unless the entry has deny',
    meaning: 'When it may deploy. Several entries add up.',
    example: 'allow: "Mon-Fri 09:00-17:00"',
  },
  {
    key: 'targets.windows.allow.cron',
    type: 'cron expression with five fields',
    note: 'required',
    meaning: 'When the time begins.',
    example: 'cron: "0 9 * * 1-5"',
  },
  {
    key: 'targets.windows.allow.for',
    type: 'duration',
    note: 'required',
    meaning: 'How long it lasts, up to seven days.',
    example: 'for: 8h',
  },
  {
    key: 'targets.windows.deny',
    type: 'days and hours, an interval, or a map with cron and for',
    note: 'required, unless the entry has allow',
    meaning: 'When it must not deploy, whatever is allowed.',
    example: 'deny: "2026-12-20 00:00 / 2027-01-02 00:00"',
  },
  {
    key: 'targets.windows.deny.cron',
    type: 'cron expression with five fields',
    note: 'required',
    meaning: 'When the time begins.',
    example: 'cron: "0 12 24 12 *"',
  },
  {
    key: 'targets.windows.deny.for',
    type: 'duration',
    note: 'required',
    meaning: 'How long it lasts, up to seven days.',
    example: 'for: 48h',
  },
  {
    key: 'targets.windows.timezone',
    type: 'name of a time zone',
    note: 'required',
    meaning: 'The time zone of the clock that the times are read from.',
    example: 'timezone: Europe/Berlin',
  },
  {
    key: 'targets.windows.reason',
    type: 'text',
    meaning: 'The reason, which is shown to everyone who pushes.',
    example: 'reason: holiday freeze',
  },
  {
    key: 'targets.forEach',
    type: 'map',
    meaning:
      'Makes the entry a template, which generates a target from each directory that it matches (docs/for-each.md).',
    example: 'forEach: { directories: "apps/*", clusters: [lab], namespaces: [shop] }',
  },
  {
    key: 'targets.forEach.directories',
    type: 'path with * for the parts that vary',
    note: 'required',
    meaning: 'The directories that become targets.',
    example: 'directories: "clusters/*/apps/*"',
  },
  {
    key: 'targets.forEach.clusters',
    type: 'list of names of clusters',
    note: 'required',
    meaning: 'The clusters that generated targets may deploy to.',
    example: 'clusters: [lab]',
  },
  {
    key: 'targets.forEach.namespaces',
    type: 'list of namespaces',
    note: 'required',
    meaning: 'The namespaces that generated targets may deploy to.',
    example: 'namespaces: [shop, blog]',
  },
];

/** `slack, teams and smtp` */
function kindsThatRequire(key: ChannelKey): string {
  const kinds = Object.entries<ChannelKeys>(CHANNEL_KEYS);
  return joinNames(
    kinds.filter(([, { required }]) => required.includes(key)).map(([kind]) => kind),
    'and',
  );
}

/** `a, b and c` */
function joinNames(names: readonly string[], last: 'and' | 'or'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}

const CHANNELS: readonly KeyReference[] = [
  {
    key: 'channels',
    type: 'map of channels by name',
    meaning:
      'Where messages about targets are sent (docs/notifications.md). Targets and repositories name them in notify.',
    example: 'channels: { team-shop: { kind: slack, url: env:SLACK_WEBHOOK_URL } }',
  },
  {
    key: 'channels.kind',
    type: 'name of a service',
    note: 'required',
    meaning: `${joinNames(Object.keys(CHANNEL_KEYS), 'or')}.`,
    example: 'kind: slack',
  },
  {
    key: 'channels.url',
    type: REFERENCE_TYPE,
    note: `required for ${kindsThatRequire('url')}`,
    meaning:
      'The address that messages are sent to, which is never logged. Of pagerduty: the events address of another region.',
    example: 'url: env:SLACK_WEBHOOK_URL',
  },
  {
    key: 'channels.token',
    type: REFERENCE_TYPE,
    note: `required for ${kindsThatRequire('token')}`,
    meaning:
      'The integration key of PagerDuty, the secret that signs the messages of a webhook, or the token for GitHub or Grafana.',
    example: 'token: env:PAGERDUTY_KEY',
  },
  {
    key: 'channels.topic',
    type: 'ARN of an SNS topic',
    note: `required for ${kindsThatRequire('topic')}`,
    meaning: 'The topic that messages are published to.',
    example: 'topic: arn:aws:sns:eu-west-1:111122223333:deploys',
  },
  {
    key: 'channels.bus',
    type: 'ARN of an EventBridge bus',
    note: `required for ${kindsThatRequire('bus')}`,
    meaning: 'The bus that events are put on.',
    example: 'bus: arn:aws:events:eu-west-1:111122223333:event-bus/default',
  },
  {
    key: 'channels.from',
    type: 'email address',
    note: `required for ${kindsThatRequire('from')}`,
    meaning: 'The sender of the emails.',
    example: 'from: headgate@example.com',
  },
  {
    key: 'channels.to',
    type: 'list of email addresses',
    note: `required for ${kindsThatRequire('to')}`,
    meaning: 'The recipients of the emails.',
    example: 'to: [team@example.com]',
  },
  {
    key: 'channels.events',
    type: `list of ${CHANNEL_EVENTS.join(', ')}`,
    note: 'without it: all of them',
    meaning: 'What the channel reports.',
    example: 'events: [failed, refused, partial, not-ready]',
  },
  {
    key: 'channels.targets',
    type: 'list of names of targets, in which * matches any characters',
    note: 'without it: every target that names the channel',
    meaning: 'The targets that the channel reports.',
    example: 'targets: ["shop-*"]',
  },
  {
    key: 'channels.severity',
    type: 'info, warning or error',
    default: 'info',
    meaning: 'The channel reports only what is at least as severe.',
    example: 'severity: warning',
  },
];

const AWS: readonly KeyReference[] = [
  {
    key: 'aws',
    type: 'map',
    meaning: 'Where the stack is that headgate bootstrap deploys. The flags --region and --stage take precedence.',
    example: 'aws: { region: eu-west-1, stage: prod }',
  },
  {
    key: 'aws.region',
    type: 'AWS region',
    note: 'without it: $AWS_REGION, then the region of the AWS profile',
    meaning: 'The region of the stack.',
    example: 'region: eu-west-1',
  },
  {
    key: 'aws.stage',
    type: 'up to 15 lowercase letters, digits and dashes',
    note: 'without it: prod',
    meaning: 'The stage; each stage is a separate stack.',
    example: 'stage: lab',
  },
];

/** The same entries as those of a target. */
const PROMOTION_WINDOWS: readonly KeyReference[] = TARGETS.filter(({ key }) => key.startsWith('targets.windows.')).map(
  (reference) => ({
    ...reference,
    key: reference.key.replace('targets', 'promotions'),
    meaning: reference.meaning.replace('may deploy', 'may write').replace('must not deploy', 'must not write'),
  }),
);

export const KEYS: readonly KeyReference[] = [
  ...KEY,
  ...CLUSTERS,
  ...REPOSITORIES,
  ...TARGETS,
  ...previewKeys(TARGETS),
  ...IMAGES,
  ...PROMOTIONS,
  ...PROMOTION_WINDOWS,
  ...CHANNELS,
  ...AWS,
];
