import { DeployError } from '../../error/deploy-error.ts';
import type { ErrorCode } from '../../error/deploy-error.ts';

const REMEDIES = {
  'git-unreachable':
    'Wait for the retry. If it keeps failing, check url of the repository in headgate.yml, and the network.',
  'git-unauthorized':
    'Check url and credentials of the repository in headgate.yml (hosts return 404 for private repositories too), and run headgate check.',
  'git-protocol':
    'Check that url in headgate.yml is the clone URL of a Git repository over HTTP(S), and that no proxy answers in its place.',
  'git-limit': 'Make the repository smaller, or set path of the target to a smaller directory.',
  'ref-missing': 'Fix branch of the target in headgate.yml, or push the branch. Nothing was deleted.',
  'revision-missing': 'Check the commit id, and that the commit was pushed.',
} as const satisfies Partial<Record<ErrorCode, string>>;

export function gitError(
  code: keyof typeof REMEDIES,
  what: { subject: string; message: string; cause?: unknown; retryAfterMs?: number },
): DeployError {
  return new DeployError(code, { ...what, remedy: REMEDIES[code] });
}

/** The server does not have a requested object: it was garbage-collected, never pushed, or is on another replica. */
export class UnknownObject extends Error {
  readonly id: string;
  constructor(id: string) {
    super(`not our ref ${id}`);
    this.id = id;
  }
}

/** The process on the server ended without an answer, as git does at a filter line without `uploadpack.allowFilter`. */
export class ServerDied extends Error {
  /** Its answer names filters as the reason. */
  readonly isFilterRefused: boolean;
  constructor(message: string, isFilterRefused = false) {
    super(message);
    this.isFilterRefused = isFilterRefused;
  }
}
