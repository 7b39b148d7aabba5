/** What a user of the API may not do, as the server's refusal says it. No value of an object is in it. */
export interface MissingRight {
  readonly user: string;
  readonly verb: string;
  /** As kubectl takes it: `configmaps`, `deployments.apps`, `deployments.apps/scale`. */
  readonly resource: string;
  readonly apiGroup: string;
  readonly plural: string;
  /** The one object that the request was about; '' for a list. */
  readonly name: string;
  /** Null: the whole cluster. */
  readonly namespace: string | null;
}

const FORBIDDEN =
  /(?:"(?<name>[^"]*)" )?is forbidden: User "(?<user>[^"]+)" cannot (?<verb>\S+) resource "(?<plural>[^"/]+)(?<sub>\/[^"]*)?" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]+)"| at the cluster scope)/;

/** Null for other refusals: a quota, a policy, rights that would be given away. */
export function missingRight(message: string): MissingRight | null {
  const found = FORBIDDEN.exec(message)?.groups;
  if (found === undefined) return null;
  const { name = '', user = '', verb = '', plural = '', sub = '', group = '', namespace } = found;
  const resource = `${plural}${group === '' ? '' : `.${group}`}${sub}`;
  return { user, verb, resource, apiGroup: group, plural: `${plural}${sub}`, name, namespace: namespace ?? null };
}

export function describeRight({ user, verb, resource, namespace }: MissingRight): string {
  return `${user} may not ${verb} ${resource} ${namespace === null ? 'in the whole cluster' : `in namespace ${namespace}`}`;
}

/** What one right alone is not enough for: whoever applies also reads, creates, watches and deletes. */
const NEEDED = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** The Role that would grant it, and the two commands that make it so. */
export function grantOf(right: MissingRight): string {
  const { user, verb, resource, apiGroup, plural, name, namespace } = right;
  const verbs = NEEDED.includes(verb) ? NEEDED : [verb];
  const only = verb === 'impersonate' && name !== '' ? ` --resource-name=${name}` : '';
  const role = `headgate-${resource.replaceAll(/[^a-z0-9]+/g, '-')}`;
  const [kind, flag] = namespace === null ? ['clusterrole', ''] : ['role', ` -n ${namespace}`];
  return [
    `${user} needs a ${namespace === null ? 'ClusterRole' : 'Role'} with verbs [${verb}], resources [${plural}], apiGroups ["${apiGroup}"]:`,
    `kubectl${flag} create ${kind} ${role} --verb=${verbs.join(',')} --resource=${resource}${only};`,
    `kubectl${flag} create ${kind}binding ${role} --${kind}=${role} ${subjectOf(user)}`,
  ].join(' ');
}

function subjectOf(user: string): string {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user);
  return account === null ? `--user=${user}` : `--serviceaccount=${account[1]}:${account[2]}`;
}
