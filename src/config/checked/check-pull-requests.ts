import { hostOf, HOST_NAMES, isHost, nameOfHost } from '../../githost/hosts.ts';
import type { Repository } from './config.ts';
import type { HostDefinition } from '../../githost/port/host.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';

/** The remedy for whatever requires `key`. */
export const ADD_KEY =
  'Add key: env:HEADGATE_KEY at the top of the file, a reference to a random string of 32 characters or more.';

/** What `pullRequests` of a repository requires of the other keys. On the raw values, so that no mistake hides another. */
export function checkPullRequests(
  file: Readonly<Record<string, unknown>>,
  hosts: readonly HostDefinition[],
  findings: Findings,
): void {
  const { repositories, key } = file;
  for (const [name, repository] of Object.entries(isRecord(repositories) ? repositories : {})) {
    const settings = isRecord(repository) ? repository['pullRequests'] : null;
    if (!isRecord(repository) || !isRecord(settings)) continue;
    const path = ['repositories', name, 'pullRequests'];
    if (settings['plan'] === true)
      checkPlan({ repository, settings, hasKey: key !== undefined, hosts }, path, findings);
    else warnUnused(settings, path, findings);
  }
}

interface Planned {
  readonly repository: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly hasKey: boolean;
  readonly hosts: readonly HostDefinition[];
}

function checkPlan({ repository, settings, hasKey, hosts }: Planned, path: Path, findings: Findings): void {
  const refuse = (message: string, remedy: string) => findings.error([...path, 'plan'], { message, remedy });
  const { host } = repository;
  const given = typeof host === 'string' && isHost(host) ? host : hosts.find(({ name }) => name === host);
  if (given !== undefined && hostOf({ host: given }).loadPullRequests === null) {
    refuse(
      `cannot be true with host: ${nameOfHost(given)}, whose pull requests Headgate does not read`,
      `Remove it; it works on ${pullRequestHosts()}.`,
    );
  }
  if (!hasKey) {
    refuse('requires key, which signs plans', ADD_KEY);
  }
  if (repository['credentials'] === undefined) {
    refuse('requires credentials, which read pull requests', 'Add credentials: env:FLEET_TOKEN to the repository.');
  }
  if (settings['comment'] === false && repository['statuses'] === false) {
    refuse('would be shown nowhere: comment and statuses are false', 'Remove comment: false or statuses: false.');
  }
  if (settings['forks'] === true && settings['serviceAccount'] === undefined) {
    findings.error([...path, 'forks'], {
      message: 'requires serviceAccount, because anyone may open a pull request of a fork',
      remedy: 'Add serviceAccount: namespace/name to pullRequests, an account with few rights in the cluster.',
    });
  }
}

function pullRequestHosts(): string {
  return HOST_NAMES.filter((name) => isHost(name) && hostOf({ host: name }).loadPullRequests !== null).join(', ');
}

/** `via: pullRequest`, for a repository that is written to. */
export function checkProposes({ host, name }: Repository, path: Path, findings: Findings): void {
  if (hostOf({ host }).loadPullRequests !== null) return;
  findings.error(path, {
    message: `cannot be pullRequest, because ${name} has host: ${nameOfHost(host)}, whose pull requests Headgate does not read`,
    remedy: `Write via: commit; pull requests work on ${pullRequestHosts()}.`,
  });
}

function warnUnused(settings: Readonly<Record<string, unknown>>, path: Path, findings: Findings): void {
  const unused = ['comment', 'forks', 'serviceAccount'].filter((key) => settings[key] !== undefined);
  if (unused.length === 0) return;
  const message = `has no effect without plan: true: ${unused.join(', ')}`;
  findings.warn(path, { message, remedy: 'Add plan: true, or remove it.' });
}
