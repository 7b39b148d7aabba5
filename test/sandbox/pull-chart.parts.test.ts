import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullChart } from '../../src/sandbox/pull-chart.ts';
import { getTools } from '../rig/programs/tools.ts';

const signal = new AbortController().signal;
const LOGIN = Buffer.from('AWS:planted-registry-password').toString('base64');
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry that serves one chart, and only after a login: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
function registryWith(chart: Uint8Array) {
  const config = Buffer.from('{"name":"web","version":"1.2.3","apiVersion":"v2"}');
  const described = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: described('application/vnd.cncf.helm.config.v1+json', config),
      layers: [described('application/vnd.cncf.helm.chart.content.v1.tar+gzip', chart)],
    }),
  );
  const blobs = new Map([config, chart].map((bytes) => [digestOf(bytes), bytes]));
  return createServer((request, response) => {
    if (request.headers.authorization !== `Basic ${LOGIN}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
      return;
    }
    const [, kind = '', name = ''] = /^\/v2\/charts\/web\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
    const bytes = kind === 'manifests' ? manifest : blobs.get(name);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream';
    const headers = { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': digestOf(bytes) };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : bytes);
  });
}

let directory: string;
let server: ReturnType<typeof createServer>;
/** The real one, with the flag for a registry without TLS. */
let command: string;
let chart: { readonly kind: 'oci'; readonly url: string; readonly version: string };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-pull-'));
  const { helm } = await getTools();
  command = join(directory, 'helm');
  await writeFile(command, `#!/bin/sh\nexec ${helm} "$@" --plain-http\n`);
  await chmod(command, 0o755);
  await mkdir(join(directory, 'web'));
  await writeFile(join(directory, 'web', 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.2.3\n');
  execFileSync('tar', ['-czf', join(directory, 'web.tgz'), '-C', directory, 'web']);
  server = registryWith(await readFile(join(directory, 'web.tgz')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  chart = { kind: 'oci', url: `oci://127.0.0.1:${port}/charts/web`, version: '1.2.3' };
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(directory, { recursive: true });
});

describe('a chart in a private registry', () => {
  it('is pulled with the login for the registry', async () => {
    const hosts: string[] = [];
    const loginOf = async (host: string) => {
      hosts.push(host);
      return LOGIN;
    };
    const options = { command, charts: join(directory, 'charts'), path: '/usr/bin:/bin', loginOf };
    const bytes = await readFile(join(directory, 'web.tgz'));
    expect(await pullChart(chart, options, signal)).toBe(digestOf(bytes));
    expect(hosts).toEqual([new URL(chart.url).host]);
    // The cached one needs no login.
    await pullChart(chart, options, signal);
    expect(hosts).toHaveLength(1);
  });

  it('is refused without one', async () => {
    const options = { command, charts: join(directory, 'none'), path: '/usr/bin:/bin', loginOf: async () => null };
    await expect(pullChart(chart, options, signal)).rejects.toMatchObject({ code: 'chart-unreachable' });
  });
});
