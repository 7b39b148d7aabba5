/** A reference to an image in its full form: `nginx:1.27` is `docker.io/library/nginx`, tag 1.27. */
export interface ImageReference {
  /** As references name it, which for Docker Hub is not the host that answers: `docker.io`. */
  readonly registry: string;
  /** `acme/web` */
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:…` */
  readonly digest: string | null;
}

/** https://github.com/distribution/reference/blob/main/reference.go */
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const REGISTRY =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;
const MAX_LENGTH = 1024;

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** `docker.io/library/nginx` */
export function formatImage({ registry, repository }: Pick<ImageReference, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`;
}

/** Null when the text is not a reference to an image. */
export function parseImageReference(text: string): ImageReference | null {
  if (text.length > MAX_LENGTH) return null;
  const [named = '', digest = null, ...more] = text.split('@');
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest))) return null;
  const { name, tag } = splitTag(named);
  if (tag !== null && !isTag(tag)) return null;
  const { registry, repository } = splitRegistry(name);
  return REGISTRY.test(registry) && REPOSITORY.test(repository) ? { registry, repository, tag, digest } : null;
}

/** A colon before the last slash belongs to the port. */
function splitTag(named: string): { readonly name: string; readonly tag: string | null } {
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return colon === -1 ? { name: named, tag: null } : { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

/** The first part is a registry only if it cannot be a part of a name: with a dot, a port, or `localhost`. */
function splitRegistry(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost';
  const registry = isRegistry ? first.toLowerCase() : 'docker.io';
  const repository = isRegistry ? name.slice(slash + 1) : name;
  if (registry !== 'docker.io' && registry !== 'index.docker.io') return { registry, repository };
  return { registry: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` };
}
