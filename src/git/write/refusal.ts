import { DeployError } from '../../error/deploy-error.ts';

/** What `git-unauthorized` means for a push. */
export async function withRemedy<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof DeployError && thrown.code === 'git-unauthorized') throw unauthorized(thrown);
    throw thrown;
  }
}

function unauthorized(cause: DeployError): DeployError {
  return new DeployError('git-unauthorized', {
    subject: cause.subject,
    message: `the push was rejected: ${cause.message}`,
    remedy:
      'Check write of the repository in headgate.yml: the token must be valid and allow pushes (contents: write on GitHub). With write: iam, allow this identity codecommit:GitPush.',
    cause,
  });
}

/** git, JGit and the hosts, for a ref that another push has moved or is moving. */
const RACE = /failed to update ref|non-fast-forward|fetch first|stale|\block|incorrect old value|already exists/i;

/** Whether the server refused a ref because it moved at the same time. */
export function isRace(reason: string): boolean {
  return RACE.test(reason);
}
