/** A missing right, parsed from the server's 403. Contains no values of objects. */
export interface MissingRight {
  readonly user: string;
  readonly verb: string;
  /** In kubectl's format: `configmaps`, `deployments.apps`, `deployments.apps/scale`. */
  readonly resource: string;
  readonly apiGroup: string;
  readonly plural: string;
  /** The requested object; '' for a list. */
  readonly name: string;
  /** Null: at the cluster scope. */
  readonly namespace: string | null;
}

/**
 * Matched from the beginning: a policy that denies an object may quote text of it, and otherwise the author of that text would
 * choose who is granted what.
 */
const FORBIDDEN =
  /^[\w.-]+(?:\/[\w.-]+)? (?:"(?<name>[^"]*)" )?is forbidden: User "(?<user>[^"]+)" cannot (?<verb>\S+) resource "(?<plural>[^"/]+)(?<sub>\/[^"]*)?" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]+)"| at the cluster scope)/;

/** Null for other refusals: a quota, a policy, privilege escalation. */
export function missingRight(message: string): MissingRight | null {
  const found = FORBIDDEN.exec(message)?.groups;
  if (found === undefined) return null;
  const { name = '', user = '', verb = '', plural = '', sub = '', group = '', namespace } = found;
  const resource = `${plural}${group === '' ? '' : `.${group}`}${sub}`;
  return { user, verb, resource, apiGroup: group, plural: `${plural}${sub}`, name, namespace: namespace ?? null };
}

export function describeRight({ user, verb, resource, namespace }: MissingRight): string {
  return `${user} may not ${verb} ${resource} ${namespace === null ? 'at the cluster scope' : `in namespace ${namespace}`}`;
}

/** Granted together: a run that applies also reads, creates, watches and deletes. */
const NEEDED = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** The Role that grants the right, and the two commands that create and bind it. */
export function grantOf(right: MissingRight): string {
  const { user, verb, resource, apiGroup, plural, name, namespace } = right;
  const verbs = NEEDED.includes(verb) ? NEEDED : [verb];
  const only = verb === 'impersonate' && name !== '' ? ` --resource-name=${name}` : '';
  const role = `headgate-${resource.replaceAll(/[^a-z0-9]+/g, '-')}`;
  const [kind, flag] = namespace === null ? ['clusterrole', ''] : ['role', ` -n ${namespace}`];
  return [
    `Grant ${user} a ${namespace === null ? 'ClusterRole' : 'Role'} with verbs [${verb}], resources [${plural}], apiGroups ["${apiGroup}"]:`,
    `kubectl${flag} create ${kind} ${role} --verb=${verbs.join(',')} --resource=${resource}${only};`,
    `kubectl${flag} create ${kind}binding ${role} --${kind}=${role} ${subjectOf(user)}`,
  ].join(' ');
}

function subjectOf(user: string): string {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user);
  return quoted(account === null ? `--user=${user}` : `--serviceaccount=${account[1]}:${account[2]}`);
}

/** As one word of a shell: a name may have spaces, and anything else. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
