import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';
import type { Preview, Target } from '../../config/checked/config.ts';

const RBAC = 'rbac.authorization.k8s.io';
const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'infra', 'rbac', 'target.yaml');

const Rule = z.looseObject({ verbs: z.array(z.string()) });
const Documents = z.tuple([
  z.looseObject({ kind: z.literal('Role'), rules: z.array(Rule) }),
  z.looseObject({ kind: z.literal('RoleBinding') }),
]);

export const groupOf = ({ name }: Pick<Target, 'name'>) => `headgate:${name}`;

/** Who a cluster's read role is. The dot keeps it apart from every target. */
export const READERS = { name: 'sweep.read' };

/** The dot keeps it apart from every target: `shop-pr.preview`. */
export function previewOwner({ prefixes }: Pick<Preview, 'prefixes'>): Pick<Target, 'name'> {
  return { name: `${prefixes.name.replace(/-$/, '')}.preview` };
}

const READ_VERBS: ReadonlySet<string> = new Set(['get', 'list']);

/**
 * infra/rbac/target.yaml for each target, in each of its namespaces, as one YAML stream for kubectl. `hasReaders`: also the
 * rules that only read, for the read role of the cluster. A preview gets its rules in every namespace, because its own do not
 * exist yet.
 */
export async function rbacManifests(
  targets: readonly Target[],
  { previews, hasReaders }: { readonly previews: readonly Preview[]; readonly hasReaders: boolean },
): Promise<string> {
  const documents = parseAllDocuments(await readFile(FILE, 'utf8')).map((document) => document.toJS() as unknown);
  const [{ rules }] = Documents.parse(documents);
  const namespacesOf = ({ namespaces }: Target): readonly (string | null)[] =>
    namespaces === '*' ? [null] : namespaces;
  const all = new Set(targets.flatMap((target) => namespacesOf(target)));
  const objects = [
    ...targets.flatMap((target) => namespacesOf(target).flatMap((namespace) => manifestsIn(namespace, target, rules))),
    ...previews.flatMap((preview) => previewManifests(preview, rules)),
    ...(hasReaders ? [...(all.has(null) ? [null] : all)] : []).flatMap((namespace) =>
      manifestsIn(namespace, READERS, rules.flatMap(readOnly)),
    ),
  ];
  return objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false })}`).join('');
}

function readOnly(rule: z.infer<typeof Rule>) {
  const verbs = rule.verbs.filter((verb) => READ_VERBS.has(verb));
  return verbs.length === 0 ? [] : [{ ...rule, verbs }];
}

/** What Headgate does itself for a preview, whichever account deploys to it. */
const PREVIEW_RULES = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
  // To show its address.
  { apiGroups: [''], resources: ['services'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['list'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['list'] },
];

function previewManifests(preview: Preview, rules: readonly unknown[]) {
  const owner = previewOwner(preview);
  const { serviceAccount } = preview.settings;
  if (serviceAccount === null) return manifestsIn(null, owner, [...PREVIEW_RULES, ...rules]);
  const { name, namespace } = serviceAccount;
  const impersonate = {
    apiGroups: [''],
    resources: ['serviceaccounts'],
    resourceNames: [name],
    verbs: ['impersonate'],
  };
  const subject = { kind: 'ServiceAccount', name, namespace };
  return [
    ...manifestsIn(null, owner, [...PREVIEW_RULES, impersonate]),
    ...manifestsIn(null, { name: `${owner.name}.account` }, rules, subject),
  ];
}

/** Null: every namespace, so a ClusterRole. */
function manifestsIn(
  namespace: string | null,
  target: Pick<Target, 'name'>,
  rules: readonly unknown[],
  subject: object = { kind: 'Group', apiGroup: RBAC, name: groupOf(target) },
) {
  const apiVersion = `${RBAC}/v1`;
  const name = `headgate-${target.name}`;
  const metadata = namespace === null ? { name } : { name, namespace };
  const [role, binding] = namespace === null ? ['ClusterRole', 'ClusterRoleBinding'] : ['Role', 'RoleBinding'];
  return [
    { apiVersion, kind: role, metadata, rules },
    {
      apiVersion,
      kind: binding,
      metadata,
      roleRef: { apiGroup: RBAC, kind: role, name },
      subjects: [subject],
    },
  ];
}
