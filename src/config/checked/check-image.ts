import { COMMIT_HOSTS, commitApiOf } from '../../githost/commit-apis.ts';
import { nameOfHost } from '../../githost/hosts.ts';
import { isRecord } from '../written/document.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import type { SecretReference } from '../written/reference.ts';
import { parseImageReference } from '../images/image-reference.ts';
import type { ImageReference } from '../images/image-reference.ts';
import * as shape from '../images/image-shape.ts';
import { translatePattern } from '../images/tag-pattern.ts';
import type { ConfigLocation } from '../written/location.ts';
import { checkReference, checkReferences, writeRemedy } from './check-repository.ts';
import { filesOfGlob, refuseUnapproved } from './check-approval.ts';
import type { Followers } from './check-approval.ts';
import { checkProposes } from './check-pull-requests.ts';
import { checkName } from './check-settings.ts';
import { compileGlob } from './compile-glob.ts';
import type { Repository, ImagePolicy, TagPolicy, ImageCredentials, ImageWebhook, ImageWrite } from './config.ts';
import type * as z from 'zod';

type Written = z.output<typeof shape.image>;
/** As it was written. */
type Entry = Readonly<Record<string, unknown>>;

interface Context extends Followers {
  readonly path: Path;
  readonly repositories: ReadonlyMap<string, Repository | null>;
  readonly location: ConfigLocation;
  readonly findings: Findings;
}

/** The entries of `images` by name. Every error is in the findings. */
export function checkImages(list: unknown, context: Omit<Context, 'path'>): ReadonlyMap<string, ImagePolicy> {
  const images = new Map<string, ImagePolicy>();
  if (list === undefined) return images;
  if (!Array.isArray(list)) {
    const remedy = 'Write each image as a list item: - name: web, with its other keys below.';
    context.findings.error(['images'], { message: 'must be a list', remedy });
    return images;
  }
  const names = new Set<unknown>();
  const writers = new Map<string, string>();
  for (const [index, value] of list.entries()) {
    const path = ['images', index];
    const name: unknown = isRecord(value) ? value['name'] : undefined;
    if (typeof name === 'string' && names.has(name)) {
      const remedy = 'Give each image a unique name.';
      context.findings.error([...path, 'name'], { message: 'is already used by another image', remedy });
    }
    names.add(name);
    const image = checkImage(value, { ...context, path });
    if (image === null) continue;
    images.set(image.name, image);
    warnOfRival(image, { writers, path, findings: context.findings });
  }
  return images;
}

/** Two policies for one image and the same files would replace each other's tag, commit after commit. */
function warnOfRival(
  { name, image, writes }: ImagePolicy,
  { writers, path, findings }: Pick<Context, 'path' | 'findings'> & { readonly writers: Map<string, string> },
): void {
  for (const [index, { repository, branch, paths }] of writes.entries()) {
    for (const { glob } of paths) {
      const key = JSON.stringify([image, repository.name, branch, glob]);
      const rival = writers.get(key) ?? name;
      writers.set(key, rival);
      if (rival === name) continue;
      const remedy = 'Give them different paths, or mark the scalars of each: # {"$imagepolicy": "ns:NAME:tag"}.';
      findings.warn([...path, 'writes', index], {
        message: `writes the same image to the same paths as ${rival}`,
        remedy,
      });
    }
  }
}

function checkImage(value: unknown, context: Context): ImagePolicy | null {
  const written = context.findings.parse(shape.image, value, context.path);
  // The rest is checked on the raw value, so that one invalid key does not hide errors in the others.
  if (!isRecord(value)) return null;
  const image = checkReferenceOf(value['image'], context);
  const credentials = checkCredentials(value['credentials'], image, context);
  const webhook = checkWebhook(value['webhook'], context);
  const signingKey = checkSigningKey(value['commit'], context);
  checkWrites(value, context);
  if (written === null) return null;
  for (const [index, write] of written.writes.entries()) checkCommit(write, { value, index }, context);
  if (image === null) return null;
  return {
    name: written.name,
    image: { registry: image.registry, repository: image.repository },
    policy: policyOf(written.policy),
    credentials,
    webhook: webhook === null || written.webhook === undefined ? null : { ...written.webhook, secrets: webhook },
    intervalMs: written.interval,
    debounceMs: written.debounce,
    jsonPaths: written.jsonPaths.map(({ kind, path }) => ({ kind, path })),
    commit: { author: authorOf(written.commit.author), message: written.commit.message, signingKey },
    afterRevert: written.afterRevert,
    writes: written.writes.flatMap((write) => resolveWrite(write, context)),
  };
}

function checkSigningKey(commit: unknown, { path, location, findings }: Context): SecretReference | null {
  const written = isRecord(commit) ? (commit['signingKey'] ?? null) : null;
  return written === null ? null : checkReference(written, [...path, 'commit', 'signingKey'], { location, findings });
}

function checkReferenceOf(text: unknown, { path, findings }: Context): ImageReference | null {
  if (typeof text !== 'string') return null;
  const at = [...path, 'image'];
  const reference = parseImageReference(text);
  if (reference === null) {
    const remedy = 'Write it as in a manifest, without a tag: ghcr.io/acme/web.';
    findings.error(at, { message: 'is not the name of an image', remedy });
  } else if (reference.tag !== null || reference.digest !== null) {
    findings.error(at, { message: 'has a tag or a digest', remedy: 'Remove it: policy decides which tag is written.' });
  }
  return reference;
}

function checkCredentials(
  written: unknown,
  image: ImageReference | null,
  { path: entry, location, findings }: Context,
): ImageCredentials | null {
  if (written === undefined) return null;
  const path = [...entry, 'credentials'];
  if (written === 'ecr') {
    if (image !== null && !image.registry.includes('.dkr.ecr.')) {
      const remedy = 'Write credentials: env:NAME, or { username: NAME, password: env:NAME }.';
      findings.error(path, { message: 'is ecr, but the image is not in a private registry of ECR', remedy });
    }
    return { kind: 'ecr' };
  }
  const login = isRecord(written) ? findings.parse(shape.imageCredentials, written, path) : null;
  const password = isRecord(written)
    ? checkReference(written['password'], [...path, 'password'], { location, findings })
    : checkReference(written, path, { location, findings });
  if (!isRecord(written) && image?.registry === 'docker.io') {
    const remedy = 'Write credentials: { username: NAME, password: env:NAME }.';
    findings.error(path, { message: 'has no username, which Docker Hub requires', remedy });
  }
  return password === null ? null : { kind: 'password', username: login?.username ?? null, password };
}

function checkWebhook(written: unknown, { path, location, findings }: Context): ImageWebhook['secrets'] | null {
  if (!isRecord(written)) return null;
  const at = [...path, 'webhook', 'secret'];
  const secrets = checkReferences(written['secret'], at, { location, findings });
  if (secrets !== null) return secrets;
  const remedy = 'Add secret: env:NAME, which the registry signs with, or sends in a header or the path.';
  findings.error(at, { message: 'is missing', remedy });
  return null;
}

/** Whether each repository exists and can be written to. */
function checkWrites({ writes: written, commit }: Entry, { path, repositories, findings }: Context): void {
  if (!Array.isArray(written)) return;
  for (const [index, write] of written.entries()) {
    const name: unknown = isRecord(write) ? write['repository'] : undefined;
    const at = [...path, 'writes', index, 'repository'];
    checkName(name, at, { what: 'repository', known: repositories, findings });
    const repository = typeof name === 'string' ? repositories.get(name) : undefined;
    if (!repository) continue;
    const via: unknown = isRecord(write) ? write['via'] : undefined;
    if (via === 'pullRequest') checkProposes(repository, [...path, 'writes', index, 'via'], findings);
    if (via === 'api') checkCommits(repository, commit, { path: [...path, 'writes', index, 'via'], findings });
    if (repository.write !== null) continue;
    const remedy = `${writeRemedy(repository.host, ' to the repository')}.`;
    findings.error(at, { message: `is ${repository.name}, which has no credentials to write with`, remedy });
  }
}

/** Without a pull request, nothing may be written that has to be approved on one. */
function checkCommit(
  { repository: name, branch, paths, via }: Written['writes'][number],
  { value, index }: { readonly value: Entry; readonly index: number },
  context: Context,
): void {
  const repository = context.repositories.get(name);
  if (!repository || via === 'pullRequest') return;
  const written: unknown = Array.isArray(value['writes']) ? value['writes'][index] : null;
  const isDefault = isRecord(written) && written['via'] === undefined;
  const elsewhere = (target: string) => `write to another branch or to paths that ${target} does not read`;
  const files = paths.flatMap((glob) => filesOfGlob(glob));
  const at = [...context.path, 'writes', index, ...(isDefault ? [] : ['via'])];
  refuseUnapproved({ repository, branch, files, elsewhere, isDefault }, context, {
    path: at,
    findings: context.findings,
  });
}

/** `via: api`, for a repository that is written to. */
function checkCommits(
  { host, name }: Repository,
  commit: unknown,
  { path, findings }: Pick<Context, 'path' | 'findings'>,
): void {
  if (commitApiOf(host) === null) {
    const remedy = `Write via: commit; it works on ${COMMIT_HOSTS.join(', ')}.`;
    findings.error(path, { message: `cannot be api, because ${name} has host: ${nameOfHost(host)}`, remedy });
  }
  if (isRecord(commit) && (commit['signingKey'] ?? null) !== null) {
    const remedy = 'Remove signingKey, or write via: commit.';
    findings.error(path, { message: 'cannot be api with commit.signingKey, because the host signs', remedy });
  }
}

function policyOf({ semver, newest, by, order, digest }: Written['policy']): TagPolicy {
  if (semver !== undefined) return { kind: 'semver', range: semver };
  if (newest === undefined) return { kind: 'digest', tag: digest ?? '' };
  return { kind: 'newest', pattern: translatePattern(newest), by: by ?? null, order: order ?? 'numerical' };
}

function authorOf(author: string): { readonly name: string; readonly email: string } {
  const open = author.lastIndexOf('<');
  return { name: author.slice(0, open).trim(), email: author.slice(open + 1, -1) };
}

function resolveWrite(
  { repository, branch, paths, via }: Written['writes'][number],
  { repositories }: Context,
): readonly ImageWrite[] {
  const found = repositories.get(repository);
  // A missing one is in the findings.
  if (!found) return [];
  return [{ repository: found, branch, ref: `refs/heads/${branch}`, paths: paths.map(compileGlob), via }];
}
