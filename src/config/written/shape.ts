import * as z from 'zod';
import { parseDuration } from './duration.ts';
import { globMistake } from './glob.ts';
import { isAwsRegion, isNamespace, isTargetName } from './names.ts';
import { nearest } from './nearest.ts';
import { branchMistake, directoryMistake, normalDirectory } from './path.ts';

/*
 * headgate.yml as people write it. The message of a rule is the end of a sentence that begins with the key, and never
 * quotes the value: a secret may stand in any place by mistake.
 */

/** What was broken, and how it is mended: every custom issue carries its remedy. */
interface IssueParams {
  readonly remedy: string;
}

/** A map with these keys and no other. All unknown keys are found, also when a known one is wrong. */
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
  const meant = nearest(key, known);
  const remedy = meant === null ? `Remove it. Known here: ${known.join(', ')}.` : `Did you mean ${meant}?`;
  return { message: 'is not a known key', params: { remedy } };
}

function text(mistakeOf: (value: string) => string | null, remedy: string) {
  return z.string().superRefine((value, context) => {
    const message = mistakeOf(value);
    if (message !== null) context.addIssue({ code: 'custom', message, params: { remedy } satisfies IssueParams });
  });
}

function pattern(regex: RegExp, message: string, remedy: string) {
  return text((value) => (regex.test(value) ? null : message), remedy);
}

const notEmpty = pattern(/\S/, 'is empty', 'Give it a value, or remove the key.');

export const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

const targetName = text(
  (value) => (isTargetName(value) ? null : 'is no name of a target'),
  'Use up to 40 lower-case letters, digits and dashes, a letter or digit at both ends.',
);
const namespace = text(
  (value) => (isNamespace(value) ? null : 'is no name of a namespace'),
  'Use up to 63 lower-case letters, digits and dashes, a letter or digit at both ends.',
);
const role = pattern(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  'is no ARN of an IAM role',
  'Write it as arn:aws:iam::111122223333:role/path/name.',
);
const directory = text(directoryMistake, 'Write it from the root of the repository, such as clusters/prod.').transform(
  normalDirectory,
);
const branch = text(branchMistake, 'Write the name of the branch alone, such as main.');
const pointer = pattern(
  /^(?:\/(?:[^~/]|~[01])*)+$/,
  'is no JSON pointer',
  'Begin with a slash, one part per key, such as /spec/replicas; ~1 stands for a slash inside a key.',
);
const host = pattern(
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  'is no name of a host',
  'Write the host alone, in lower case, such as github.com.',
);
const valuesFile = text(
  (path) => (path.includes('..') ? null : directoryMistake(path)),
  'Write the path of a file relative to the path of the target, such as values.yaml.',
);
const glob = text(globMistake, 'Write a glob below the path of the target, such as "**/values.yaml".');
const account = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
  'is no service account',
  'Write it as namespace/name.',
).transform((value) => {
  const slash = value.indexOf('/');
  return { namespace: value.slice(0, slash), name: value.slice(slash + 1) };
});
const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== null) return ms;
  const remedy = 'Write hours, minutes and seconds, such as 30s, 5m or 1h30m, seven days at most.';
  context.addIssue({ code: 'custom', message: 'is no duration', params: { remedy } satisfies IssueParams });
  return z.NEVER;
});

const count = z.bigint().transform((value, context) => {
  if (value >= 0n && value <= 1_000_000n) return Number(value);
  const params: IssueParams = { remedy: 'Write a whole number from 0 to 1000000.' };
  context.addIssue({ code: 'custom', message: 'is out of range', params });
  return z.NEVER;
});
const id = z.union([notEmpty, z.bigint()]).transform(String);

/** Short names as kubectl knows them. */
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
  (value) => (PROTECTED.has(value) ? null : 'is no protected kind'),
  'Only Namespace, CustomResourceDefinition, PersistentVolume and PersistentVolumeClaim are protected; others need no entry.',
).transform((value) => PROTECTED.get(value) ?? value);

const namespaces = z.array(z.union([z.literal('*'), namespace])).superRefine((list, context) => {
  const mixed = list.includes('*') && list.length > 1;
  if (list.length > 0 && !mixed) return;
  const params: IssueParams = { remedy: 'List the namespaces, or write ["*"] alone for any, or remove the key.' };
  context.addIssue({ code: 'custom', message: mixed ? 'has * beside other names' : 'is empty', params });
});

/** The whole number of a chart's release; a range would deploy what nobody pushed. */
const chartVersion = pattern(
  /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/,
  'is no exact version',
  'Write the whole version, such as 1.2.3; ranges are not taken.',
);
const chartRepository = pattern(
  /^https:\/\/[^\s@]+$|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/\S*)?$/,
  'is no https address of a chart repository',
  'Write it as https://charts.example.com, without a user or password.',
);
const ociChart = pattern(
  /^oci:\/\/[\w.-]+(?::\d+)?(?:\/[\w.-]+)+$/,
  'is no address of a chart in a registry',
  'Write it as oci://registry.example.com/charts/web, without a tag: version says it.',
);
const releaseName = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/,
  'is no name of a release',
  'Use up to 53 lower-case letters, digits and dashes, a letter or digit at both ends.',
);
const setting = z.union([z.string(), z.bigint(), z.number(), z.boolean()]);

const variableName = pattern(
  /^[A-Za-z_]\w*$/,
  'is no name of a variable',
  'Use letters, digits and underscores, no digit first.',
);

const helm = closed({
  chart: text(directoryMistake, 'Name a directory from the root of the repository, or a chart of the given repository.')
    .transform(normalDirectory)
    .optional(),
  version: chartVersion.optional(),
  repository: chartRepository.optional(),
  oci: ociChart.optional(),
  releaseName: releaseName.optional(),
  values: z.array(valuesFile).default([]),
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
  if (repository !== undefined && oci !== undefined) refuse('oci', 'stands beside repository', 'Keep one of the two.');
  if (repository !== undefined && chart === undefined)
    refuse('repository', 'has no chart beside it', 'Name the chart: chart: web.');
  if (isRemote && version === undefined)
    refuse(repository === undefined ? 'oci' : 'repository', 'has no version beside it', 'Pin one: version: 1.2.3.');
  if (!isRemote && version !== undefined)
    refuse('version', 'has no repository or oci beside it', 'Remove it: a chart in the repository is as it is there.');
});

/** What a target and a template have alike. */
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
          const params: IssueParams = { remedy: 'Name the fields, such as [/spec/replicas].' };
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
      context.addIssue({ code: 'custom', message: 'names no key', params });
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
  /** With it, the entry is a template. */
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

/** Templates are checked with the directories that they are for: check-target-template.ts. */
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
    const params: IssueParams = { remedy: `List what the template may use, such as ${example}.` };
    context.addIssue({ code: 'custom', message: 'is empty', params });
  });
export const forEach = closed({
  directories: directory,
  clusters: listed(z.string(), '[lab]'),
  namespaces: listed(namespace, '[shop]'),
});

/** `url`, `webhookSecret` and `credentials` have rules that need more than one key: check-repository.ts has them. */
export const repository = closed({
  host: z.string(),
  url: z.string(),
  api: z.string().optional(),
  id: id.optional(),
  webhookSecret: z.unknown().optional(),
  credentials: z.unknown().optional(),
  statuses: z.boolean().optional(),
  insecure: z.boolean().default(false),
  caFile: notEmpty.optional(),
});

const digits = z
  .union([pattern(/^\d{1,20}$/, 'is no number', 'Write the digits that GitHub shows.'), z.bigint()])
  .transform(String);
export const app = closed({ app: digits, installation: digits, privateKey: z.unknown().optional() });

export const cluster = closed({
  eks: z.unknown().optional(),
  kubeconfig: z.unknown().optional(),
  insecure: z.boolean().default(false),
});

export const kubeconfig = closed({ path: notEmpty.optional(), context: notEmpty.optional() });

export const eks = closed({
  name: pattern(/^[0-9A-Za-z][\w-]{0,99}$/, 'is no name of an EKS cluster', 'Write the name that AWS shows.'),
  region: text((value) => (isAwsRegion(value) ? null : 'is no AWS region'), 'Write it as eu-west-1.'),
  role: role.optional(),
  externalId: notEmpty.optional(),
});

export const file = closed({
  clusters: z.unknown().optional(),
  repositories: z.unknown().optional(),
  targets: z.unknown().optional(),
});
