import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';
import type { Target } from '../../config/checked/config.ts';

const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'infra', 'rbac', 'target.yaml');

const Documents = z.tuple([
  z.looseObject({ kind: z.literal('Role'), rules: z.array(z.unknown()) }),
  z.looseObject({ kind: z.literal('RoleBinding') }),
]);

export const groupOf = ({ name }: Target) => `headgate:${name}`;

/** infra/rbac/target.yaml for each target, in each of its namespaces, as one YAML stream for kubectl. */
export async function rbacManifests(targets: readonly Target[]): Promise<string> {
  const documents = parseAllDocuments(await readFile(FILE, 'utf8')).map((document) => document.toJS() as unknown);
  const [{ rules }] = Documents.parse(documents);
  const objects = targets.flatMap((target) =>
    (target.namespaces === '*' ? [null] : target.namespaces).flatMap((namespace) =>
      manifestsIn(namespace, target, rules),
    ),
  );
  return objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false })}`).join('');
}

/** Null: every namespace, so a ClusterRole. */
function manifestsIn(namespace: string | null, target: Target, rules: readonly unknown[]) {
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
