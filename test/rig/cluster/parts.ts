import { access, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, cached, sha256 } from '../programs/cache.ts';
import { mustRun, run } from '../programs/command.ts';
import { withProgress } from '../programs/progress.ts';
import { getTools } from '../programs/tools.ts';
import type { Tools } from '../programs/tools.ts';

/** The paths of the programs of the throw-away cluster. */
export interface Parts extends Tools {
  readonly apiserver: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly etcd: string;
  readonly kwok: string;
}

const KUBERNETES = 'v1.37.2';
const ETCD = 'v3.7.3';
const KWOK = 'v0.8.0';
interface GoPart {
  readonly name: string;
  readonly folder: string;
  readonly module: 'kubernetes' | 'etcd' | 'kwok';
  readonly package: string;
  readonly ldflags: string;
  /** The project's release, if it is one executable file; the release's own list has its checksum. */
  readonly release: string | null;
}

const kubernetes = (name: string): GoPart => ({
  name,
  folder: `kubernetes-${KUBERNETES}`,
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  ldflags: `-s -w -X k8s.io/component-base/version.gitVersion=${KUBERNETES}`,
  release: `https://dl.k8s.io/release/${KUBERNETES}/bin/linux/amd64/${name}`,
});

const ETCD_PART: GoPart = {
  name: 'etcd',
  folder: `etcd-${ETCD}`,
  module: 'etcd',
  package: 'go.etcd.io/etcd/server/v3',
  ldflags: '-s -w',
  release: null,
};
const KWOK_PART: GoPart = {
  name: 'kwok',
  folder: `kwok-${KWOK}`,
  module: 'kwok',
  package: 'sigs.k8s.io/kwok/cmd/kwok',
  ldflags: '-s -w',
  release: null,
};

/** Gets missing programs from `$KUBEBUILDER_ASSETS`, the cache, the official release or a build of the Go modules, in this order. */
export async function getParts(env: NodeJS.ProcessEnv = process.env): Promise<Parts> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The throw-away cluster runs on Linux x86_64 (WSL 2 included).');
  }
  const tools = await getTools(env);
  // One after the other: each build uses all processors.
  const etcd = await getGoPart(ETCD_PART, env);
  const apiserver = await getGoPart(kubernetes('kube-apiserver'), env);
  const controllerManager = await getGoPart(kubernetes('kube-controller-manager'), env);
  const scheduler = await getGoPart(kubernetes('kube-scheduler'), env);
  const kwok = await getGoPart(KWOK_PART, env);
  return { ...tools, etcd, apiserver, controllerManager, scheduler, kwok };
}

async function getGoPart(part: GoPart, env: NodeJS.ProcessEnv): Promise<string> {
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && (await isThere(join(assets, part.name)))) return join(assets, part.name);
  return cached(join(cacheDirectory(env), part.folder, part.name), (temporary) =>
    withProgress(`getting ${part.name} (${part.folder})`, async () => {
      if (await download(part, temporary)) return;
      await build(part, temporary, env);
    }),
  );
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

const CONNECT_MS = 5000;

/** False if the release cannot be reached. A file that does not match its published checksum is an error. */
async function download({ release, name }: GoPart, to: string): Promise<boolean> {
  if (release === null) return false;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CONNECT_MS);
  try {
    const published = await fetch(`${release}.sha256`, { signal: controller.signal });
    clearTimeout(timer);
    if (!published.ok) return false;
    const wanted = (await published.text()).trim();
    const answer = await fetch(release);
    if (!answer.ok) return false;
    await writeFile(to, Buffer.from(await answer.arrayBuffer()));
    const got = await sha256(to);
    if (got !== wanted)
      throw new ChecksumError(
        `${name}: checksum mismatch: the download has sha256 ${got}, the release publishes ${wanted}. Run this again.`,
      );
    return true;
  } catch (thrown) {
    if (thrown instanceof ChecksumError) throw thrown;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

class ChecksumError extends Error {}

/** Each build is pinned by its go.sum. */
async function build(
  { name, module, package: target, ldflags }: GoPart,
  to: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const version = await run('go', ['env', 'GOVERSION']).catch(() => null);
  const [, minor] = /^go1\.(\d+)/.exec(version?.stdout ?? '') ?? [];
  if (minor === undefined || Number(minor) < 26) {
    throw new Error(
      `${name} is missing: its official release cannot be downloaded, and Go 1.26 or later, which could build it, is not on the PATH.\n` +
        'Install Go (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, kube-controller-manager, kube-scheduler, etcd and kwok.',
    );
  }
  process.stderr.write(`building ${name} from its Go modules; the first build takes some minutes\n`);
  const cwd = join(dirname(fileURLToPath(import.meta.url)), 'build', module);
  await mustRun(
    'go',
    ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', ldflags, '-o', to, target],
    { cwd, env: { ...env, CGO_ENABLED: '0' } },
  );
}
