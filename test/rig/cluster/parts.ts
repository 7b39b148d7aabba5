import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, cached } from '../programs/cache.ts';
import { makeGoPart } from '../programs/go-part.ts';
import type { GoPart } from '../programs/go-part.ts';
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
interface ClusterPart extends GoPart {
  readonly folder: string;
}

const moduleDirectory = (module: 'kubernetes' | 'etcd' | 'kwok') =>
  join(dirname(fileURLToPath(import.meta.url)), 'build', module);
const remedy =
  ', or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, kube-controller-manager, kube-scheduler, etcd and kwok';

const kubernetes = (name: string): ClusterPart => ({
  name,
  folder: `kubernetes-${KUBERNETES}`,
  moduleDirectory: moduleDirectory('kubernetes'),
  remedy,
  package: `k8s.io/kubernetes/cmd/${name}`,
  ldflags: `-s -w -X k8s.io/component-base/version.gitVersion=${KUBERNETES}`,
  release: `https://dl.k8s.io/release/${KUBERNETES}/bin/linux/amd64/${name}`,
});

const ETCD_PART: ClusterPart = {
  name: 'etcd',
  folder: `etcd-${ETCD}`,
  moduleDirectory: moduleDirectory('etcd'),
  remedy,
  package: 'go.etcd.io/etcd/server/v3',
  ldflags: '-s -w',
  release: null,
};
const KWOK_PART: ClusterPart = {
  name: 'kwok',
  folder: `kwok-${KWOK}`,
  moduleDirectory: moduleDirectory('kwok'),
  remedy,
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

async function getGoPart(part: ClusterPart, env: NodeJS.ProcessEnv): Promise<string> {
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && (await isThere(join(assets, part.name)))) return join(assets, part.name);
  return cached(join(cacheDirectory(env), part.folder, part.name), (temporary) =>
    withProgress(`getting ${part.name} (${part.folder})`, async () => {
      await makeGoPart(part, temporary, env);
    }),
  );
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
