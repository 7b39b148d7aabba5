import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../cluster/control-plane.ts';
import { startChild } from '../programs/child.ts';
import type { Child } from '../programs/child.ts';

/** A real distribution registry, with images of two layers. */
export interface Registry {
  /** `127.0.0.1:5000` */
  readonly host: string;
  /** Pushes an image under a tag and returns its digest. Equal contents make equal images. */
  push(repository: string, tag: string, contents?: string): Promise<string>;
  close(): Promise<void>;
}

export interface RegistryNotifications {
  readonly url: string;
  readonly authorization: string;
}

export async function startRegistry(
  program: string,
  directory: string,
  notifications: RegistryNotifications | null = null,
): Promise<Registry> {
  await mkdir(directory, { recursive: true });
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const config = join(directory, 'config.yml');
  await writeFile(config, JSON.stringify(settings({ host, directory, notifications })));
  const child = startChild('registry', [program, 'serve', config], join(directory, 'registry.log'));
  await ready(host, child);
  const pushed = new Set<string>();
  return {
    host,
    push: (repository, tag, contents = tag) => pushImage(`http://${host}/v2/${repository}`, { tag, contents, pushed }),
    close: () => child.stop(),
  };
}

/** JSON is YAML. */
function settings({
  host,
  directory,
  notifications,
}: {
  host: string;
  directory: string;
  notifications: RegistryNotifications | null;
}) {
  const endpoint = (to: RegistryNotifications) => ({
    name: 'headgate',
    url: to.url,
    headers: { Authorization: [to.authorization] },
    timeout: '5s',
    threshold: 3,
    backoff: '100ms',
    ignore: { actions: ['pull'], mediatypes: ['application/octet-stream'] },
  });
  return {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: host },
    ...(notifications === null ? {} : { notifications: { endpoints: [endpoint(notifications)] } }),
  };
}

const START_MS = 30_000;

async function ready(host: string, child: Child): Promise<void> {
  const untilMs = Date.now() + START_MS;
  for (;;) {
    const isUp = await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode() !== null || Date.now() > untilMs)
      throw new Error(`the registry did not start: ${await child.lastOutput()}`);
    await pause(50);
  }
}

const OCI = 'application/vnd.oci.image';

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push */
async function pushImage(
  base: string,
  { tag, contents, pushed }: { readonly tag: string; readonly contents: string; readonly pushed: Set<string> },
): Promise<string> {
  const blob = (text: string, mediaType: string) => pushBlob({ base, text, pushed }, mediaType);
  const layers = await Promise.all(['base', contents].map((text) => blob(`layer of ${text}`, `${OCI}.layer.v1.tar`)));
  const config = await blob(JSON.stringify({ architecture: 'amd64', os: 'linux' }), `${OCI}.config.v1+json`);
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers });
  const type = { 'content-type': `${OCI}.manifest.v1+json` };
  await sent(`${base}/manifests/${tag}`, { method: 'PUT', body: manifest, headers: type });
  return digestOf(manifest);
}

/** `pushed`: what the registry has, so that an image under many tags is pushed once. */
async function pushBlob(
  { base, text, pushed }: { readonly base: string; readonly text: string; readonly pushed: Set<string> },
  mediaType: string,
) {
  const digest = digestOf(text);
  const descriptor = { mediaType, digest, size: Buffer.byteLength(text) };
  if (pushed.has(`${base} ${digest}`)) return descriptor;
  const started = await sent(`${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  await sent(location.href, { method: 'PUT', body: text, headers: { 'content-type': 'application/octet-stream' } });
  pushed.add(`${base} ${digest}`);
  return descriptor;
}

async function sent(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${answer.status} ${text}`);
  return answer;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
