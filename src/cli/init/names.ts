import { HOST_NAMES } from '../../githost/hosts.ts';

/** `git@host:owner/name.git` and `ssh://git@host/owner/name.git` are the same repository as `https://host/owner/name.git`. */
export function asHttps(remote: string): string {
  const [, host, path] = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+\/|[:/])(.+)$/.exec(remote) ?? [];
  if (host !== undefined && path !== undefined && !/^https?:/.test(remote)) return `https://${host}/${path}`;
  const url = URL.parse(remote);
  if (url === null || !/^https?:$/.test(url.protocol)) return remote;
  url.username = '';
  url.password = '';
  return url.href;
}

export function hostOfUrl(url: string): string {
  const hostname = URL.parse(url)?.hostname ?? '';
  return HOST_NAMES.find((name) => name !== 'git' && hostname.split('.').includes(name)) ?? 'git';
}

export function repositoryName(url: string): string {
  const last = url.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return validName(last.replace(/\.git$/, '')) || 'fleet';
}

export function clusterName(context: string): string {
  return validName(context).slice(0, 60) || 'cluster';
}

/** Lowercase letters, digits and dashes: the end of the text, by which paths differ. */
export function slugOf(text: string, limit: number): string {
  const slug = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return slug.slice(-limit).replaceAll(/^-+|-+$/g, '');
}

function validName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
