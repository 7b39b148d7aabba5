/**
 * Who can mend a failure, and so what happens next (design decision 11): a manifest or guard failure waits for the
 * next push, the world is asked again with back-off, and `ours` is a bug that names its log line.
 */
export type FailureClass = 'manifest' | 'guard' | 'world' | 'ours';

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
  'delete-first': 'guard',
  'api-warning': 'guard',
  drifted: 'guard',
  'drift-contested': 'guard',
  'target-moved': 'guard',
  'target-suspended': 'guard',
  'state-newer': 'guard',
  'ref-missing': 'guard',
  'revision-missing': 'guard',
  'render-limit': 'guard',
  'tool-missing': 'guard',

  'git-unreachable': 'world',
  'git-unauthorized': 'world',
  'git-protocol': 'world',
  'git-limit': 'guard',
  'gate-too-long': 'guard',
  'ref-behind': 'world',
  'host-unreachable': 'world',
  'chart-unreachable': 'world',
  'host-forbidden': 'guard',
  'clock-wrong': 'world',
  'cluster-unreachable': 'world',
  'cluster-unauthorized': 'world',
  'cluster-throttled': 'world',
  'cluster-broken': 'world',
  'still-deleting': 'world',
  'object-busy': 'world',
  'lease-held': 'world',
  'lease-lost': 'world',
  'queue-unreachable': 'world',
  'aws-unreachable': 'world',
  'aws-unauthorized': 'world',
  interrupted: 'world',

  internal: 'ours',
} as const satisfies Record<string, FailureClass>;

export type ErrorCode = keyof typeof CLASS_OF;

/** What went wrong as plain data: logged, printed and put on the commit. `subject` is `path:line` or a resource id. */
export interface Problem {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
}

export function failureClassOf(code: ErrorCode): FailureClass {
  return CLASS_OF[code];
}

/** The one error of this project. Code branches on `code`, never on the text. */
export class DeployError extends Error implements Problem {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly remedy: string;
  /** World failures only: the server's own wish (Retry-After), in milliseconds. */
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

/** Turns whatever was thrown into a DeployError; what is not one already is our bug. */
export function asDeployError(thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  return new DeployError('internal', {
    subject: 'headgate',
    message: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    remedy: 'This is a bug of Headgate: please report it with the log lines around this one.',
    cause: thrown,
  });
}
