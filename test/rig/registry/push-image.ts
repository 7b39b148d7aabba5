import { createHash } from 'node:crypto';

export interface PushedImage {
  readonly tag: string;
  /** Equal contents make equal images. */
  readonly contents: string;
  /** What the registry has, so that an image under many tags is pushed once. */
  readonly pushed: Set<string>;
  readonly authorization: string | null;
}

const OCI = 'application/vnd.oci.image';

/**
 * Pushes an image of two layers and returns its digest. `base`: http://127.0.0.1:5000/v2/acme/web
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
 */
export async function pushImage(base: string, image: PushedImage): Promise<string> {
  const blob = (text: string, mediaType: string) => pushBlob({ base, text, mediaType }, image);
  const layers = await Promise.all(
    ['base', image.contents].map((text) => blob(`layer of ${text}`, `${OCI}.layer.v1.tar`)),
  );
  const config = await blob(JSON.stringify({ architecture: 'amd64', os: 'linux' }), `${OCI}.config.v1+json`);
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers });
  const type = { 'content-type': `${OCI}.manifest.v1+json` };
  await sent(`${base}/manifests/${image.tag}`, { method: 'PUT', body: manifest, headers: type }, image);
  return digestOf(manifest);
}

async function pushBlob(
  { base, text, mediaType }: { readonly base: string; readonly text: string; readonly mediaType: string },
  image: PushedImage,
) {
  const digest = digestOf(text);
  const descriptor = { mediaType, digest, size: Buffer.byteLength(text) };
  if (image.pushed.has(`${base} ${digest}`)) return descriptor;
  const started = await sent(`${base}/blobs/uploads/`, { method: 'POST' }, image);
  const location = new URL(started.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await sent(location.href, { method: 'PUT', body: text, headers }, image);
  image.pushed.add(`${base} ${digest}`);
  return descriptor;
}

interface Sending {
  readonly method: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function sent(url: string, init: Sending, { authorization }: PushedImage): Promise<Response> {
  const headers = { ...init.headers, ...(authorization === null ? {} : { authorization }) };
  const answer = await fetch(url, { ...init, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method} ${url}: ${answer.status} ${text}`);
  return answer;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
