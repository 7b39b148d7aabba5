import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import * as z from 'zod/mini';
import type { ClusterAccess } from '../../cluster/api/access.ts';
import type { ClusterConfig } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';

export type KubeconfigCluster = Extract<ClusterConfig, { kind: 'kubeconfig' }>;

/** Access to the cluster of a kubeconfig, by client certificate, token, token file or exec plugin. */
export async function kubeconfigAccess(
  cluster: KubeconfigCluster,
  { env, readSecret, pluginMs = PLUGIN_MS }: KubeconfigOptions,
): Promise<ClusterAccess> {
  const { secret } = cluster;
  const path = cluster.path ?? env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config');
  const source: Source =
    secret === null ? { name: path, path } : { name: formatReference(secret), read: () => readSecret(secret) };
  const mistake = (message: string, remedy: string, cause?: unknown) =>
    new DeployError('config-invalid', { subject: source.name, message, remedy, cause });
  const config = await load(source, mistake);
  const context = chooseContext(config, cluster, mistake);
  config.setCurrentContext(context);
  const server = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (server === null || user === null) {
    throw mistake(
      `context ${context} refers to a missing cluster or user`,
      'Fix the kubeconfig: kubectl config view shows it.',
    );
  }
  refuseUnsafe(server, { cluster, mistake });
  const tls = await readTls(config, mistake);
  const hasToken = user.token !== undefined || user.exec !== undefined || user.authProvider !== undefined;
  return {
    server: server.server,
    ca: tls.ca,
    tlsServerName: server.tlsServerName ?? null,
    clientCertificate: tls.clientCertificate,
    token: hasToken ? tokenSource({ source, context, pluginMs }, mistake) : null,
    renew: null,
  };
}

export interface KubeconfigOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly readSecret: (reference: SecretReference) => Promise<string>;
  /** How long a credentials plugin may take. */
  readonly pluginMs?: number;
}

/** A file, or a text from elsewhere. `name`: for messages. */
type Source = { readonly name: string } & ({ readonly path: string } | { readonly read: () => Promise<string> });

/** Some plugins contact an identity provider. */
const PLUGIN_MS = 20_000;

type Mistake = (message: string, remedy: string, cause?: unknown) => DeployError;

/** Imported late: the package takes longer to load than a whole deploy. */
async function load(source: Source, mistake: Mistake): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  // A secret that is missing says so itself.
  const text = 'read' in source ? await source.read() : null;
  try {
    if (text !== null) config.loadFromString(text);
    else if ('path' in source) config.loadFromFile(source.path);
  } catch (cause) {
    const remedy =
      text === null
        ? 'Set kubeconfig.path of the cluster in headgate.yml, or KUBECONFIG.'
        : 'Store a whole kubeconfig in the secret, as kubectl config view --flatten --minify --raw prints it.';
    // Without the cause: what a parser says quotes the lines around, and the token is one of them.
    throw mistake(`cannot read the kubeconfig${whyUnread(cause)}`, remedy);
  }
  return config;
}

/** Of what the file system and the YAML parser say, the part that has nothing of the content. */
function whyUnread(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  if ('syscall' in cause) return `: ${cause.message}`;
  const { data } = z.safeParse(Marked, cause);
  return data === undefined ? '' : `: it is not valid YAML at line ${data.mark.line + 1}`;
}

/** An error of js-yaml. */
const Marked = z.object({ mark: z.object({ line: z.number() }) });

function chooseContext(config: KubeConfig, cluster: KubeconfigCluster, mistake: Mistake): string {
  const names = config.getContexts().map(({ name }) => name);
  const wanted = cluster.context ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) {
    throw mistake(
      `${names.length} contexts, and none is selected: ${names.join(', ')}`,
      `Set kubeconfig.context of cluster ${cluster.name} in headgate.yml.`,
    );
  }
  if (!names.includes(wanted))
    throw mistake(
      `context ${wanted} does not exist; available: ${names.join(', ')}`,
      `Fix kubeconfig.context of cluster ${cluster.name} in headgate.yml.`,
    );
  return wanted;
}

function refuseUnsafe(
  server: { readonly server: string; readonly skipTLSVerify?: boolean; readonly proxyUrl?: string },
  { cluster, mistake }: { cluster: KubeconfigCluster; mistake: Mistake },
): void {
  if (server.skipTLSVerify === true) {
    throw mistake(
      'insecure-skip-tls-verify is not supported: TLS is always verified',
      'Set certificate-authority-data of the cluster in the kubeconfig instead.',
    );
  }
  if (server.proxyUrl !== undefined)
    throw mistake('proxy-url is not supported', `Reach cluster ${cluster.name} without a proxy.`);
  const address = URL.parse(server.server);
  const remedy = 'Use the https address of the API server.';
  if (address === null) throw mistake('the server of the cluster is not an address', remedy);
  // Without what is secret in it: a password, or a key in the query.
  const { protocol, host } = address;
  if (protocol !== 'https:') throw mistake(`${protocol}//${host} is not an https address`, remedy);
}

async function readTls(config: KubeConfig, mistake: Mistake): Promise<Pick<ClusterAccess, 'ca' | 'clientCertificate'>> {
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  const pem = async (data: string | undefined, file: string | undefined) => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    if (file === undefined) return null;
    try {
      return await readFile(file, 'utf8');
    } catch (cause) {
      throw mistake(`cannot read ${file}`, 'Fix the path or the permissions of the file.', cause);
    }
  };
  const [ca, cert, key] = await Promise.all([
    pem(cluster?.caData, cluster?.caFile),
    pem(user?.certData, user?.certFile),
    pem(user?.keyData, user?.keyFile),
  ]);
  return { ca, clientCertificate: cert === null || key === null ? null : { cert, key } };
}

/** Tokens, token files and exec plugins. The package decides when each is renewed. */
function tokenSource(
  { source, context, pluginMs }: { readonly source: Source; readonly context: string; readonly pluginMs: number },
  mistake: Mistake,
): (isRetry: boolean) => Promise<string> {
  let config: KubeConfig | null = null;
  let running: Promise<string> | null = null;
  // The package cannot end a plugin that hangs, so no second one is started next to it.
  return (isRetry) => {
    running ??= tokenOf(isRetry).finally(() => (running = null));
    return within(pluginMs, running, source.name);
  };

  async function tokenOf(isRetry: boolean): Promise<string> {
    if (config === null || isRetry) {
      config = await load(source, mistake);
      config.setCurrentContext(context);
    }
    const options: { headers: Record<string, string> } = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw mistake(
        'the credentials plugin failed',
        'Run kubectl get ns with the same kubeconfig and context to see why.',
        cause,
      );
    }
    const header = options.headers['Authorization'] ?? '';
    if (!header.startsWith('Bearer '))
      throw mistake(
        'the user has no bearer token',
        'Use a client certificate or a bearer token: no other credentials are supported.',
      );
    return header.slice('Bearer '.length);
  }
}

async function within<T>(ms: number, work: Promise<T>, subject: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the credentials plugin did not end within ${ms / 1000} s`;
    const remedy = 'Run kubectl get ns with the same kubeconfig and context to see where it hangs; Headgate retries.';
    late.reject(new DeployError('cluster-unreachable', { subject, message, remedy }));
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
