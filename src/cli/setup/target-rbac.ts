import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';
import type { Target } from '../../config/checked/config.ts';

const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'infra', 'rbac', 'target.yaml');

const Rule = z.looseObject({ verbs: z.array(z.string()) });
const Documents = z.tuple([
  z.looseObject({ kind: z.literal('Role'), rules: z.array(Rule) }),
  z.looseObject({ kind: z.literal('RoleBinding') }),
]);

export const groupOf = ({ name }: Pick<Target, 'name'>) => `headgate:${name}`;

/** Who a cluster's read role is. The dot keeps it apart from every target. */
export const READERS = { name: 'sweep.read' };

const READ_VERBS: ReadonlySet<string> = new Set(['get', 'list']);

/**
 * infra/rbac/target.yaml for each target, in each of its namespaces, as one YAML stream for kubectl. `hasReaders`: and what
 * reading takes of it, for the read role of the cluster.
 */
export async function rbacManifests(
  targets: readonly Target[],
  { hasReaders }: { readonly hasReaders: boolean },
): Promise<string> {
  const documents = parseAllDocuments(await readFile(FILE, 'utf8')).map((document) => document.toJS() as unknown);
  const [{ rules }] = Documents.parse(documents);
  const namespacesOf = ({ namespaces }: Target): readonly (string | null)[] =>
    namespaces === '*' ? [null] : namespaces;
  const all = new Set(targets.flatMap((target) => namespacesOf(target)));
  const objects = [
    ...targets.flatMap((target) => namespacesOf(target).flatMap((namespace) => manifestsIn(namespace, target, rules))),
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

/** Null: every namespace, so a ClusterRole. */
function manifestsIn(namespace: string | null, target: Pick<Target, 'name'>, rules: readonly unknown[]) {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const name = `headgate-${target.name}`;
  const metadata = namespace === null ? { name } : { name, namespace };
  const [role, binding] = namespace === null ? ['ClusterRole', 'ClusterRoleBinding'] : ['Role', 'RoleBinding'];
  return [
    { apiVersion, kind: role, metadata, rules },
    {
      apiVersion,
      kind: binding,
      metadata,
      roleRef: { apiGroup, kind: role, name },
      subjects: [{ kind: 'Group', apiGroup, name: groupOf(target) }],
    },
  ];
}
