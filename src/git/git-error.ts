import { DeployError } from '../error/deploy-error.ts';
import type { ErrorCode } from '../error/deploy-error.ts';

const REMEDIES = {
  'git-unreachable':
    'It is tried again; if that goes on, check the url of the repository in headgate.yml and the network.',
  'git-unauthorized':
    'Check url and credentials of the repository in headgate.yml (hosts answer 404 for private repositories too); run headgate check.',
  'git-protocol':
    'The server has to speak Git protocol version 2 (GitHub, GitLab, Gitea, Bitbucket Data Center and git since 2.18 do).',
  'git-limit': 'Make the repository smaller, or give the target a path of its own.',
  'ref-missing': 'Mend branch of the target in headgate.yml, or push the branch. Nothing was deleted.',
  'revision-missing': 'Check the commit id, and that it was pushed.',
} as const satisfies Partial<Record<ErrorCode, string>>;

export function gitError(
  code: keyof typeof REMEDIES,
  what: { subject: string; message: string; cause?: unknown; retryAfterMs?: number },
): DeployError {
  return new DeployError(code, { ...what, remedy: REMEDIES[code] });
}

/** The server does not have an object that was asked for: it was collected, was never pushed, or is on another copy. */
export class UnknownObject extends Error {
  readonly id: string;
  constructor(id: string) {
    super(`not our ref ${id}`);
    this.id = id;
  }
}
