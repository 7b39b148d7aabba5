import type { ErrorCode } from '../../error/deploy-error.ts';
import { grantOf, missingRight } from './missing-right.ts';
import type { Status, About } from '../refusal/status-body.ts';
import { quotaIn } from '../refusal/status-body.ts';

/** How to fix what the API server refused. Loaded with the first refusal: no run that succeeds needs these texts. */
export function remedyFor(code: ErrorCode, status: Status, about: About): string {
  const right = status.code === 403 ? missingRight(status.message) : null;
  if (right !== null) return grantOf(right);
  const refuser = refuserOf(status);
  if (refuser !== null) return allowIn(refuser, about);
  return BY_CODE[code] ?? byText(status) ?? byField(status) ?? explain(code, status, about);
}

/** A policy, webhook or quota that refuses what the rest of the server accepts. */
function refuserOf({ message }: Status): string | null {
  const webhook = /^admission webhook "([^"]+)" denied/.exec(message)?.[1];
  if (webhook !== undefined) return `webhook ${webhook}`;
  const policy = /(\w+AdmissionPolicy) '([^']+)'/.exec(message);
  if (policy !== null) return `${policy[1]} ${policy[2]}`;
  const quota = quotaIn(message);
  return quota === null ? null : `quota ${quota}`;
}

function allowIn(refuser: string, { request = 'write' }: About): string {
  const isQuota = refuser.startsWith('quota ');
  switch (request) {
    case 'delete':
      return `Allow the deletion in ${refuser}, or keep the object in Git.`;
    case 'state':
      return `${isQuota ? 'Raise' : 'Exempt the ConfigMaps headgate-* from'} ${refuser}: they hold the state of the target.`;
    case 'write':
      return isQuota
        ? `Delete objects that count toward ${refuser}, or raise it.`
        : `Change what the message names, or change ${refuser}.`;
    default:
      return request satisfies never;
  }
}

const BY_CODE: Partial<Record<ErrorCode, string>> = {
  'namespace-missing': 'Create the namespace, add it to the repository, or set createNamespace: true on the target.',
  'kind-unknown': 'Fix kind or apiVersion, or push the CustomResourceDefinition that defines it.',
  'field-immutable':
    'Revert the change of the immutable field, or allow the object to be deleted and created again with the annotation headgate.dev/replace: immutable.',
  'field-conflict': 'Remove the fields from the manifest, add them to ignore, or set conflicts: force on the target.',
  'version-stale': 'Update the other manager first: it wrote the object in a version without that field.',
  'manifest-too-large': 'Split the object.',
  'still-deleting': 'Wait for the retry: once the namespace is gone, it is created again if the target allows that.',
};

const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /failed quota: /,
    'Set the resources that the message names on every container, or give them defaults by a LimitRange.',
  ],
  [
    /violates PodSecurity/,
    'Set the fields that the message names, or change the label pod-security.kubernetes.io/enforce of the namespace.',
  ],
  [
    /attempting to grant RBAC permissions/,
    "Grant these permissions to Headgate's user first, or the verbs escalate and bind on roles.",
  ],
  [/ usage per | to request ratio per /, 'Change the requests and limits in the manifest, or the LimitRange.'],
  [/no PriorityClass with name|RuntimeClass "[^"]*" not found/, 'Create the class first, or fix its name.'],
  [/is already marked as default/, 'Remove globalDefault, or first push the change of the class that has it.'],
  [
    /conversion webhook for .+ failed/,
    'Repair the webhook or the Service that it calls; the deploy is retried until then.',
  ],
  [/^service unavailable/, 'Start the server of the APIService that serves this kind; Headgate retries.'],
];

function byText({ message }: Status): string | null {
  const webhook = /failed calling webhook "([^"]+)"/.exec(message)?.[1];
  if (webhook !== undefined)
    return `Start the server of webhook ${webhook}, or delete its configuration; Headgate retries.`;
  return BY_TEXT.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}

/**
 * Server-side apply removes only fields that its manager owns, and the server itself has set `rollingUpdate`. Once Headgate has
 * owned the field, even as {}, the next apply removes it.
 */
const BY_FIELD: readonly (readonly [RegExp, string])[] = [
  [
    /^spec\.(?:strategy|updateStrategy)\.rollingUpdate$/,
    'Remove rollingUpdate from the manifest. If it is absent, push twice: first type: RollingUpdate with rollingUpdate: {}, then the new type without rollingUpdate.',
  ],
  [
    /^spec\.(?:clusterIPs?|ports\[\d+\]\.nodePort|healthCheckNodePort)/,
    'Set another value, or remove the field so that the cluster assigns one.',
  ],
];

function byField({ causes }: Status): string | null {
  return BY_FIELD.find(([pattern]) => causes.some(({ field }) => pattern.test(field)))?.[1] ?? null;
}

function explain(code: ErrorCode, { code: httpStatus, kind, name, message }: Status, { request }: About): string {
  if (code === 'manifest-forbidden') return 'Change what the message names, or what refuses it.';
  if (code !== 'manifest-rejected') return 'Wait for the retry.';
  if (httpStatus === 404) return `Create ${name} first, or fix the reference to it.`;
  if (request === 'delete') return 'Remove what refuses the deletion, or keep the object in Git.';
  const written = /Kind=(\w+)\)/.exec(message)?.[1] ?? kind;
  return `Fix the field that the message names${written === '' ? '' : `; kubectl explain ${written.toLowerCase()} describes the fields`}.`;
}
