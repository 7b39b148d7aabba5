import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A chart repository (index.yaml and archives) and an OCI registry (/v2/charts/…) that serve the same charts. */
export async function startChartServer() {
  const charts = new Map<string, { readonly name: string; readonly version: string; readonly bytes: Uint8Array }>();
  const blobs = new Map<string, Uint8Array>();
  const requests: string[] = [];
  let url = '';
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const send = sender(response, request.method === 'HEAD');
    if (path === '/index.yaml') return send(Buffer.from(indexOf([...charts.values()], url)));
    const archive = [...charts.values()].find(({ name, version }) => path === `/${name}-${version}.tgz`);
    if (archive !== undefined) return send(archive.bytes);
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/charts\/([^/]+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? [];
    const pushed = charts.get(`${name} ${reference}`);
    if (kind === 'manifests' && pushed !== undefined) return send(manifestOf(pushed.bytes, blobs), MANIFEST);
    const blob = blobs.get(reference);
    return blob === undefined ? response.writeHead(404).end() : send(blob, kind === 'manifests' ? MANIFEST : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    /** For `repository` of a dependency. */
    registry: `${url.replace('http:', 'oci:')}/charts`,
    requests,
    publish(name: string, version: string, bytes: Uint8Array): void {
      charts.set(`${name} ${version}`, { name, version, bytes });
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ChartServer = Awaited<ReturnType<typeof startChartServer>>;

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function sender(response: ServerResponse, isHead: boolean) {
  return (bytes: Uint8Array, type = 'application/octet-stream') => {
    const headers = { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': digestOf(bytes) };
    return response.writeHead(200, headers).end(isHead ? undefined : bytes);
  };
}

function indexOf(charts: readonly { name: string; version: string; bytes: Uint8Array }[], url: string): string {
  const entries = Object.groupBy(charts, ({ name }) => name);
  const listed = Object.entries(entries).map(([name, versions = []]) => [
    name,
    versions.map(({ version, bytes }) => ({
      apiVersion: 'v2',
      name,
      version,
      digest: digestOf(bytes).slice('sha256:'.length),
      urls: [`${url}/${name}-${version}.tgz`],
    })),
  ]);
  return JSON.stringify({ apiVersion: 'v1', entries: Object.fromEntries(listed) as unknown });
}

function manifestOf(chart: Uint8Array, blobs: Map<string, Uint8Array>): Uint8Array {
  const described = (mediaType: string, bytes: Uint8Array) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: described('application/vnd.cncf.helm.config.v1+json', Buffer.from('{"apiVersion":"v2"}')),
      layers: [described('application/vnd.cncf.helm.chart.content.v1.tar+gzip', chart)],
    }),
  );
  blobs.set(digestOf(manifest), manifest);
  return manifest;
}

export interface ArchiveEntry {
  readonly path: string;
  readonly bytes?: Uint8Array;
  /** Makes the entry a symbolic link. */
  readonly link?: string;
}

/** A `.tgz` with exactly these entries, whatever they are: https://www.gnu.org/software/tar/manual/html_node/Standard.html */
export function archiveOf(entries: readonly ArchiveEntry[]): Uint8Array {
  const blocks = entries.flatMap(({ path, bytes = Buffer.alloc(0), link }) => {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(link === undefined ? '0' : '2', 156);
    header.write(link ?? '', 157);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export function chartArchive(name: string, files: Readonly<Record<string, string>>): Uint8Array {
  return archiveOf(
    Object.entries(files).map(([path, text]) => ({ path: `${name}/${path}`, bytes: Buffer.from(text) })),
  );
}
