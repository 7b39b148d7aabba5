import { locationOf } from '../../../githost/codecommit/repository-url.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { renewedGitLogin } from './git-login.ts';
import type { CodecommitLogin } from './git-login.ts';

export interface Identity {
  readonly credentials: CredentialSource;
  /** Where a repository is whose URL does not say it. */
  readonly home: () => Promise<string>;
  readonly nowMs: () => number;
}

/** Logs in to repositories of CodeCommit, without a request. The credentials are found again for each run. */
export async function identityLogin(url: URL, { credentials, home, nowMs }: Identity): Promise<() => CodecommitLogin> {
  const region = locationOf(url)?.region ?? (await home());
  return renewedGitLogin({ url, region, credentials: await credentials() }, nowMs);
}
