import type { Problem } from '../../error/deploy-error.ts';
import type { Facts } from '../model/facts.ts';
import type { Plan } from '../model/plan.ts';

export function refuseNamespace(facts: Facts): readonly Problem[] {
  const { target } = facts;
  if (!facts.namespaceMissing || namespaceOf(facts) !== 'present') return [];
  return [
    {
      code: 'namespace-missing',
      subject: `Namespace ${target.namespace}`,
      message: `namespace ${target.namespace} of target ${target.name} does not exist`,
      remedy: `Set createNamespace: true on target ${target.name} in headgate.yml, or create the namespace.`,
    },
  ];
}

export function namespaceOf({ target, namespaceMissing, candidates }: Facts): Plan['namespace'] {
  if (!namespaceMissing) return 'present';
  const isInGit = candidates.some(
    ({ resource: { id } }) => id.group === '' && id.kind === 'Namespace' && id.name === target.namespace,
  );
  if (isInGit) return 'manifest';
  return target.createNamespace ? 'create' : 'present';
}
