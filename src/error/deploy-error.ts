/**
 * Who can fix a failure, and so what happens next: `manifest` and `guard` failures wait for the
 * next push, `external` failures are retried with back-off, and `internal` is a bug in Headgate.
 */
export type FailureClass = 'manifest' | 'guard' | 'external' | 'internal';

const CLASS_OF = {
  'config-invalid': 'guard',
  'secret-missing': 'guard',
  usage: 'guard',

  'manifest-invalid': 'manifest',
  'manifest-too-large': 'manifest',
  'manifest-duplicate': 'manifest',
  'manifest-rejected': 'manifest',
  'manifest-forbidden': 'manifest',
  'manifest-vanished': 'manifest',
  'not-a-manifest': 'manifest',
  'field-immutable': 'manifest',
  'version-stale': 'manifest',
  'kind-unknown': 'manifest',
  'mark-reserved': 'manifest',
  'decryption-failed': 'manifest',
  'decryption-missing': 'guard',
  'variable-missing': 'manifest',
  'file-unreadable': 'manifest',
  'lfs-pointer': 'manifest',
  'namespace-missing': 'manifest',
  'render-failed': 'manifest',
  'render-refused': 'manifest',

  'namespace-not-allowed': 'guard',
  'cluster-scoped-not-allowed': 'guard',
  'path-missing': 'guard',
  'path-empty': 'guard',
  'path-claimed': 'guard',
  'path-not-allowed': 'guard',
  'name-invalid': 'guard',
  'name-taken': 'guard',
  'cluster-not-allowed': 'guard',
  'prune-limit': 'guard',
  'prune-everything': 'guard',
  'foreign-owner': 'guard',
  'field-conflict': 'guard',
  'field-defaulted': 'guard',
  'delete-first': 'guard',
  'prune-kept': 'guard',
  adopted: 'guard',
  'api-warning': 'guard',
  'hook-ignored': 'guard',
  drifted: 'guard',
  'drift-contested': 'guard',
  'target-moved': 'guard',
  'target-suspended': 'guard',
  held: 'guard',
  'not-approved': 'guard',
  'outside-window': 'guard',
  'nothing-ready': 'guard',
  'state-newer': 'guard',
  'state-invalid': 'guard',
  'ref-missing': 'guard',
  'revision-missing': 'guard',
  'merge-conflict': 'guard',
  'render-limit': 'guard',
  'tool-missing': 'guard',

  'git-unreachable': 'external',
  'git-unauthorized': 'external',
  'git-protocol': 'external',
  'git-limit': 'guard',
  'gate-too-long': 'guard',
  'ref-behind': 'external',
  'host-unreachable': 'external',
  'chart-unreachable': 'external',
  'registry-unreachable': 'external',
  'registry-unauthorized': 'external',
  'registry-protocol': 'external',
  'registry-limit': 'guard',
  'host-forbidden': 'guard',
  'push-refused': 'guard',
  'channel-unreachable': 'external',
  'channel-refused': 'guard',
  'clock-wrong': 'external',
  'cluster-unreachable': 'external',
  'cluster-unauthorized': 'external',
  'cluster-throttled': 'external',
  'cluster-broken': 'external',
  'still-deleting': 'external',
  'object-busy': 'external',
  'lease-held': 'external',
  'lease-lost': 'external',
  'queue-unreachable': 'external',
  'aws-unreachable': 'external',
  'aws-unauthorized': 'external',
  interrupted: 'external',

  internal: 'internal',
} as const satisfies Record<string, FailureClass>;

export type ErrorCode = keyof typeof CLASS_OF;

/** A failure as plain data, for the log, the terminal and the commit. `subject` is `path:line` or a resource id. */
export interface Problem {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
}

/** What is wrong and how to fix it, for a caller that knows the subject. */
export type Explanation = Pick<Problem, 'message' | 'remedy'>;

export function failureClassOf(code: ErrorCode): FailureClass {
  return CLASS_OF[code];
}

/** Only a person can fix it, in Git or in the settings: a retry would fail in the same way. */
export function needsPerson(code: ErrorCode): boolean {
  const failureClass = failureClassOf(code);
  return failureClass === 'manifest' || failureClass === 'guard';
}

/** The only error class of this project. Code branches on `code`, never on the text. */
export class DeployError extends Error implements Problem {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly remedy: string;
  /** From the server's Retry-After header; only for external failures. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    what: { subject: string; message: string; remedy: string; cause?: unknown; retryAfterMs?: number },
  ) {
    super(what.message, { cause: what.cause });
    this.name = 'DeployError';
    this.code = code;
    this.subject = what.subject;
    this.remedy = what.remedy;
    this.retryAfterMs = what.retryAfterMs;
  }

  get problem(): Problem {
    return { code: this.code, subject: this.subject, message: this.message, remedy: this.remedy };
  }
}

/** The text of anything thrown, for a message that names what failed. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Anything thrown that is not a DeployError becomes `internal`: it is a bug in Headgate. */
export function asDeployError(thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  return new DeployError('internal', {
    subject: 'headgate',
    message: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    remedy: 'Report this bug in Headgate, with the log lines around it.',
    cause: thrown,
  });
}
