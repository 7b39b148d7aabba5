import { beginningOf } from '../error/cut-text.ts';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLoopback } from '../config/written/address.ts';
import type { ChartFrom } from '../deploy/ports/tools.ts';
import { DeployError } from '../error/deploy-error.ts';
import { cacheDirectory } from './find-tools.ts';
import type { Environment } from './find-tools.ts';
import { inPrivateDirectory } from './private-directory.ts';
import { runTool } from './run-tool.ts';

/** Where pulled charts are cached by digest; in Lambda only /tmp is writable. */
export function chartDirectory(env: Environment): string {
  const base = env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? cacheDirectory(env) : join(tmpdir(), 'headgate');
  return join(base, 'charts');
}

/** The login to a registry, as base64 of `user:password`; null: none is needed, or none is known. */
export type RegistryLogin = (host: string, signal: AbortSignal) => Promise<string | null>;

interface PullOptions {
  readonly command: string;
  readonly charts: string;
  readonly path: string;
  readonly loginOf: RegistryLogin;
}

/** Pulls a chart unless it is cached. Returns the digest of the archive: `sha256:…`. */
export async function pullChart(
  chart: ChartFrom,
  { command, charts, path, loginOf }: PullOptions,
  signal: AbortSignal,
): Promise<string> {
  const pointer = join(charts, `${createHash('sha256').update(JSON.stringify(chart)).digest('hex')}.digest`);
  const known = await readFile(pointer, 'utf8').catch(() => null);
  if (known !== null && (await contentOf(charts, known)) !== null) return known;
  return inPrivateDirectory([], async (directory) => {
    const into = join(directory, 'tmp');
    const what = chart.kind === 'oci' ? [chart.url] : [chart.chart, `--repo=${chart.url}`];
    const login = chart.kind === 'oci' ? await writeLogin(new URL(chart.url).host, { directory, loginOf }, signal) : [];
    // As in headgate.yml, where http:// is accepted for loopback only.
    const plain = isLoopback(new URL(chart.url).hostname) && chart.kind === 'oci' ? ['--plain-http'] : [];
    const args = ['pull', ...what, ...login, ...plain, `--version=${chart.version}`, `--destination=${into}`];
    // The administrator chose the chart repository in headgate.yml, so network access is allowed.
    const env = { PATH: path, HTTP_PROXY: '', HTTPS_PROXY: '' };
    const end = await runTool({ command, args, directory, env }, signal);
    const archive = (await readdir(into)).find((name) => name.endsWith('.tgz'));
    if (end.kind !== 'output' || archive === undefined) throw notPulled(chart, end.kind === 'failed' ? end.stderr : '');
    await refuseLarge(join(into, archive), chart);
    return addToCache(join(into, archive), { charts, pointer });
  });
}

/** Charts are text: the largest that are known have 2 MB. */
const MAX_ARCHIVE_BYTES = 20 * 1024 * 1024;

async function refuseLarge(archive: string, { url, version }: ChartFrom): Promise<void> {
  const { size } = await stat(archive);
  if (size <= MAX_ARCHIVE_BYTES) return;
  throw new DeployError('render-limit', {
    subject: `${url} ${version}`,
    message: `the archive of the chart has ${size} bytes, more than the limit of ${MAX_ARCHIVE_BYTES}`,
    remedy: 'Use a chart without large files.',
  });
}

/** In a file that is deleted with the directory: arguments are visible to other processes. */
async function writeLogin(
  host: string,
  { directory, loginOf }: { directory: string } & Pick<PullOptions, 'loginOf'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const auth = await loginOf(host, signal);
  if (auth === null) return [];
  const file = join(directory, 'registry.json');
  await writeFile(file, JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
  return [`--registry-config=${file}`];
}

/** The path of a cached archive, after verifying its digest again. */
export async function chartFile(charts: string, digest: string): Promise<string> {
  const file = await contentOf(charts, digest);
  if (file !== null) return file;
  throw new DeployError('interrupted', {
    subject: digest,
    message: 'a chart that was just pulled is no longer in the cache',
    remedy: 'Wait for the next run, which pulls it again.',
  });
}

async function contentOf(charts: string, digest: string): Promise<string | null> {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) return null;
  const file = join(charts, `${hex}.tgz`);
  const bytes = await readFile(file).catch(() => null);
  return bytes !== null && sha256(bytes) === hex ? file : null;
}

async function addToCache(archive: string, { charts, pointer }: { charts: string; pointer: string }): Promise<string> {
  const hex = sha256(await readFile(archive));
  await mkdir(charts, { recursive: true });
  const temporary = join(charts, `${hex}.${process.pid}.tmp`);
  await copyFile(archive, temporary);
  await rename(temporary, join(charts, `${hex}.tgz`));
  await writeFile(pointer, `sha256:${hex}`);
  return `sha256:${hex}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function notPulled(chart: ChartFrom, stderr: string): DeployError {
  const message = beginningOf(stderr.replace(/^.*?Error:\s*/s, '').trim(), 300);
  // A missing chart and an unreachable repository look the same, so the pull is retried.
  return new DeployError('chart-unreachable', {
    subject: `${chart.url} ${chart.version}`,
    message: `the chart cannot be pulled: ${message === '' ? 'no response in time' : message}`,
    remedy:
      'Fix helm.repository, helm.oci, chart or version of the target in headgate.yml, the dependency in Chart.yaml, or the network.',
  });
}
