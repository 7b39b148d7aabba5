import * as z from 'zod';
import { parseDuration } from './duration.ts';
import { globError } from './glob.ts';
import { isAwsRegion, isNamespace, isStage, isTargetName } from './names.ts';
import { nearest } from './nearest.ts';
import { branchError, directoryError, normalizeDirectory } from './path.ts';

/*
 * The shape of headgate.yml as people write it. A message completes a sentence that begins with the key, and never
 * quotes the value: a secret may be pasted anywhere by mistake.
 */

/** Every custom issue carries its remedy. */
export interface IssueParams {
  readonly remedy: string;
}

/** A map with only these keys. Reports every unknown key, even if a known one is invalid. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.looseObject(shape).superRefine(
    (value, context) => {
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(shape, key)) continue;
        context.addIssue({ code: 'custom', path: [key], ...unknownKey(key, known) });
      }
    },
    { when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  );
}

function unknownKey(key: string, known: readonly string[]): { message: string; params: IssueParams } {
  const suggestion = nearest(key, known);
  const remedy = suggestion === null ? `Remove it, or use one of ${known.join(', ')}.` : `Did you mean ${suggestion}?`;
  return { message: 'is not a known key', params: { remedy } };
}

export function text(errorOf: (value: string) => string | null, remedy: string) {
  return z.string().superRefine((value, context) => {
    const message = errorOf(value);
    if (message !== null) context.addIssue({ code: 'custom', message, params: { remedy } satisfies IssueParams });
  });
}

export function pattern(regex: RegExp, message: string, remedy: string) {
  return text((value) => (regex.test(value) ? null : message), remedy);
}

export const notEmpty = pattern(/\S/, 'is empty', 'Set a value, or remove the key.');

export const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

const targetName = text(
  (value) => (isTargetName(value) ? null : 'is not a valid target name'),
  'Use up to 40 lowercase letters, digits and dashes, beginning and ending with a letter or digit.',
);
const namespace = text(
  (value) => (isNamespace(value) ? null : 'is not a valid namespace'),
  'Use up to 63 lowercase letters, digits and dashes, beginning and ending with a letter or digit.',
);
const role = pattern(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  'is not the ARN of an IAM role',
  'Write it as arn:aws:iam::111122223333:role/path/name.',
);
const directory = text(directoryError, 'Write it from the root of the repository, such as clusters/prod.').transform(
  normalizeDirectory,
);
export const branch = text(branchError, 'Write the name of a branch, such as main.');
export const pointer = pattern(
  /^(?:\/(?:[^~/]|~[01])*)+$/,
  'is not a JSON pointer',
  'Write a slash before each key, such as /spec/replicas; write a slash inside a key as ~1.',
);
const host = pattern(
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  'is not a valid host name',
  'Write only the host name, in lowercase, such as github.com.',
);
/** `#key` is the key of a ConfigMap in the file. */
const valuesFile = text((written) => {
  const [path = '', key, ...others] = written.replace(/^\//, '').split('#');
  if (key !== undefined && (others.length > 0 || !/^[\w.-]+$/.test(key))) return 'has an invalid key of a ConfigMap';
  return path.includes('..') && !written.startsWith('/') ? null : directoryError(path);
}, 'Write the path of a file relative to the path of the target, such as values.yaml, or from the root of the repository, such as /envs/prod.yaml.');
const glob = text(globError, 'Write a glob below the path of the target, such as "**/values.yaml".');
const account = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
  'is not a valid service account',
  'Write it as namespace/name.',
).transform((value) => {
  const slash = value.indexOf('/');
  return { namespace: value.slice(0, slash), name: value.slice(slash + 1) };
});

/** `5` without a unit is text too, so that the remedy is about the unit. */
const written = z.preprocess(
  (value) => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value),
  z.string(),
);
export const duration = written.transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== null) return ms;
  const remedy = 'Write hours, minutes and seconds, such as 30s, 5m or 1h30m, up to seven days.';
  context.addIssue({ code: 'custom', message: 'is not a valid duration', params: { remedy } satisfies IssueParams });
  return z.NEVER;
});

const count = z.bigint().transform((value, context) => {
  if (value >= 0n && value <= 1_000_000n) return Number(value);
  const params: IssueParams = { remedy: 'Write an integer from 0 to 1000000.' };
  context.addIssue({ code: 'custom', message: 'is out of range', params });
  return z.NEVER;
});
const id = z.union([notEmpty, z.bigint()]).transform(String);

/** With the short names that kubectl knows. */
const PROTECTED = new Map([
  ['Namespace', 'Namespace'],
  ['CustomResourceDefinition', 'CustomResourceDefinition'],
  ['CRD', 'CustomResourceDefinition'],
  ['PersistentVolume', 'PersistentVolume'],
  ['PV', 'PersistentVolume'],
  ['PersistentVolumeClaim', 'PersistentVolumeClaim'],
  ['PVC', 'PersistentVolumeClaim'],
]);
const protectedKind = text(
  (value) => (PROTECTED.has(value) ? null : 'is not a protected kind'),
  'Remove it: only Namespace, CustomResourceDefinition, PersistentVolume and PersistentVolumeClaim are protected.',
).transform((value) => PROTECTED.get(value) ?? value);

const namespaces = z.array(z.union([z.literal('*'), namespace])).superRefine((list, context) => {
  const mixed = list.includes('*') && list.length > 1;
  if (list.length > 0 && !mixed) return;
  const params: IssueParams = { remedy: 'List the namespaces, write ["*"] for any, or remove the key.' };
  context.addIssue({ code: 'custom', message: mixed ? 'combines * with other names' : 'is empty', params });
});

/** An exact chart version; a range would deploy changes without a push. */
const chartVersion = pattern(
  /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/,
  'is not an exact version',
  'Write the full version, such as 1.2.3; ranges are not supported.',
);
const chartRepository = pattern(
  /^https:\/\/[^\s@]+$|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/\S*)?$/,
  'is not the https URL of a chart repository',
  'Write it as https://charts.example.com, without a user or password.',
);
const ociChart = pattern(
  /^oci:\/\/[\w.-]+(?::\d+)?(?:\/[\w.-]+)+$/,
  'is not the address of a chart in a registry',
  'Write it as oci://registry.example.com/charts/web, and its tag as version.',
);
const releaseName = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/,
  'is not a valid release name',
  'Use up to 53 lowercase letters, digits and dashes, beginning and ending with a letter or digit.',
);
const setting = z.union([z.string(), z.bigint(), z.number(), z.boolean()]);

const variableName = pattern(
  /^[A-Za-z_]\w*$/,
  'is not a valid variable name',
  'Use letters, digits and underscores, not beginning with a digit.',
);

const helm = closed({
  chart: text(
    directoryError,
    'Write the path of a directory from the root of the repository, or the name of a chart in helm.repository.',
  )
    .transform(normalizeDirectory)
    .optional(),
  version: chartVersion.optional(),
  repository: chartRepository.optional(),
  oci: ociChart.optional(),
  releaseName: releaseName.optional(),
  values: z.array(valuesFile).default([]),
  dependencies: z.array(host).default([]),
  set: z
    .record(notEmpty, setting)
    .default({})
    .transform((values) =>
      Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
      ),
    ),
}).superRefine(({ chart, version, repository, oci }, context) => {
  const refuse = (key: string, message: string, remedy: string) =>
    context.addIssue({ code: 'custom', path: [key], message, params: { remedy } satisfies IssueParams });
  const isRemote = repository !== undefined || oci !== undefined;
  if (repository !== undefined && oci !== undefined)
    refuse('oci', 'cannot be combined with repository', 'Remove one of the two.');
  if (repository !== undefined && chart === undefined)
    refuse('repository', 'requires helm.chart', 'Add the name of the chart: chart: web.');
  if (isRemote && version === undefined)
    refuse(repository === undefined ? 'oci' : 'repository', 'requires helm.version', 'Pin one: version: 1.2.3.');
  if (!isRemote && version !== undefined)
    refuse(
      'version',
      'requires helm.repository or helm.oci',
      'Remove it: a chart in Git has the version of its commit.',
    );
});

/** The keys that targets and templates share. */
const settings = {
  repository: z.string(),
  branch,
  inputs: z.array(directory).default([]),
  role: role.optional(),
  clusterScoped: z.boolean().default(false),
  createNamespace: z.boolean().default(false),
  adopt: z.boolean().default(false),
  serviceAccount: account.optional(),
  prune: closed({
    enabled: z.boolean().default(true),
    limit: count.default(30),
    kinds: z.array(protectedKind).default([]),
    empty: z.boolean().default(false),
  }).prefault({}),
  wait: duration.default(300_000),
  conflicts: z.enum(['force', 'fail']).default('force'),
  ignore: z
    .array(
      closed({
        group: z.string().optional(),
        kind: notEmpty.optional(),
        namespace: notEmpty.optional(),
        name: notEmpty.optional(),
        paths: z.array(pointer).superRefine((paths, context) => {
          if (paths.length > 0) return;
          const params: IssueParams = { remedy: 'List the fields, such as [/spec/replicas].' };
          context.addIssue({ code: 'custom', message: 'is empty', params });
        }),
      }),
    )
    .default([]),
  exclude: z.array(glob).default([]),
  kustomize: closed({
    remoteBases: z.array(host).default([]),
    loadRestrictor: z.enum(['root-only', 'none']).default('root-only'),
  }).prefault({}),
  helm: helm.optional(),
  decryption: closed({ age: z.unknown().optional(), kms: z.boolean().default(false) })
    .superRefine(({ age, kms }, context) => {
      if (age !== undefined || kms) return;
      const params: IssueParams = { remedy: 'Add age: env:AGE_KEY, or kms: true.' };
      context.addIssue({ code: 'custom', message: 'has no key', params });
    })
    .optional(),
  substitute: closed({
    variables: z
      .record(variableName, setting)
      .transform((values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))),
  }).optional(),
  drift: z.enum(['correct', 'report', 'off']).default('correct'),
  dependsOn: z.array(z.string()).default([]),
  suspend: z.boolean().default(false),
  onFailure: z.enum(['keep', 'rollback']).default('keep'),
  approval: z.enum(['none', 'plan']).default('none'),
  notify: z.array(z.string()).default([]),
  /** In window-shape.ts. */
  windows: z.unknown().optional(),
  /** Makes the entry a template. */
  forEach: z.unknown().optional(),
};

export const target = closed({
  name: targetName,
  path: directory.default(''),
  cluster: z.string(),
  namespace,
  namespaces: namespaces.optional(),
  ...settings,
});

/** The placeholders of a template are checked against its directories in check-target-template.ts. */
export const template = closed({
  name: z.string(),
  path: z.string().optional(),
  cluster: z.string(),
  namespace: z.string(),
  namespaces: z.array(namespace).optional(),
  ...settings,
});

const listed = <Item extends z.ZodType>(item: Item, example: string) =>
  z.array(item).superRefine((list, context) => {
    if (list.length > 0) return;
    const params: IssueParams = { remedy: `List what the template may deploy to, such as ${example}.` };
    context.addIssue({ code: 'custom', message: 'is empty', params });
  });
export const forEach = closed({
  directories: directory,
  clusters: listed(z.string(), '[lab]'),
  namespaces: listed(namespace, '[shop]'),
});

const approver = pattern(
  /^(?:id:[1-9]\d{0,18}|[\p{L}\p{N}_](?:[\p{L}\p{N}_.@+-]{0,253}[\p{L}\p{N}_-])?)$/u,
  'is not a valid user name or id',
  'Write a user name of the Git host, without @, or its number as id:1234; list the members of a team one by one.',
);

const pullRequests = closed({
  plan: z.boolean().default(false),
  comment: z.boolean().default(true),
  forks: z.boolean().default(false),
  serviceAccount: account.optional(),
  approvers: z.array(approver).default([]),
});

/** `url`, `webhookSecret`, `credentials` and `write` depend on other keys, and are checked in check-repository.ts. */
export const repository = closed({
  host: z.string(),
  url: z.string(),
  api: z.string().optional(),
  id: id.optional(),
  webhookSecret: z.unknown().optional(),
  webhookHeader: pattern(
    /^[A-Za-z0-9-]{1,64}$/,
    'is not a valid name of a header',
    'Write it with letters, digits and "-", such as X-Token.',
  ).optional(),
  credentials: z.unknown().optional(),
  statuses: z.boolean().optional(),
  pullRequests: pullRequests.prefault({}),
  write: z.unknown().optional(),
  record: z.enum(['none', 'refs']).default('none'),
  insecure: z.boolean().default(false),
  caFile: notEmpty.optional(),
  notify: z.array(z.string()).default([]),
});

const digits = z
  .union([pattern(/^\d{1,20}$/, 'is not a number', 'Write the number that the Git host shows.'), z.bigint()])
  .transform(String);
export const app = closed({ app: digits, installation: digits, privateKey: z.unknown().optional() });

export const cluster = closed({
  eks: z.unknown().optional(),
  kubeconfig: z.unknown().optional(),
  insecure: z.boolean().default(false),
});

export const kubeconfig = closed({
  path: notEmpty.optional(),
  secret: z.unknown().optional(),
  context: notEmpty.optional(),
});

const awsRegion = text((value) => (isAwsRegion(value) ? null : 'is not a valid AWS region'), 'Write it as eu-west-1.');

/** Where the set-up commands find the stack. */
export const aws = closed({
  region: awsRegion.optional(),
  stage: text(
    (value) => (isStage(value) ? null : 'is not a valid stage'),
    'Use up to 15 lowercase letters, digits and dashes, beginning with a letter.',
  ).optional(),
});

export const eks = closed({
  name: pattern(/^[0-9A-Za-z][\w-]{0,99}$/, 'is not a valid EKS cluster name', 'Write the name that AWS shows.'),
  region: awsRegion,
  role: role.optional(),
  readRole: role.optional(),
  externalId: notEmpty.optional(),
});

export const file = closed({
  key: z.unknown().optional(),
  clusters: z.unknown().optional(),
  repositories: z.unknown().optional(),
  targets: z.unknown().optional(),
  images: z.unknown().optional(),
  previews: z.unknown().optional(),
  promotions: z.unknown().optional(),
  channels: z.unknown().optional(),
  aws: z.unknown().optional(),
});
