import { ownerAndName } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

/** Below a context path, if any: `https://example.com/bitbucket/scm/acme/fleet.git` */
const CLONE_PATH = /^(.*)\/scm\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/;

export const bitbucketServerProfile: HostProfile = {
  apiOf: (url) => `${url.origin}${CLONE_PATH.exec(url.pathname)?.[1] ?? ''}/rest/api/latest`,
  fullNameOf: (url) => (CLONE_PATH.test(url.pathname) ? ownerAndName(url) : null),
  commitUrl(url, revision) {
    const [, context = '', project = '', repository = ''] = CLONE_PATH.exec(url.pathname) ?? [];
    if (repository === '') return null;
    return `${url.origin}${context}/projects/${project}/repos/${repository}/commits/${revision}`;
  },
  exampleUrl: 'https://bitbucket.example.com/scm/acme/fleet.git',
  urlEnd: 'scm/project/repository',
  isSecretRequired: true,
};
