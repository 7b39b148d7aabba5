import { randomUUID } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { openUpdates } from '../../../src/app/images/open-updates.ts';
import type { Updates } from '../../../src/app/images/open-updates.ts';
import { registriesOf } from '../../../src/app/images/open-registries.ts';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import type { LocalRuntime } from '../../../src/app/local/local-runtime.ts';
import { writeGroups } from '../../../src/images/update/write-group.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';
import type { GitHttpOptions, GitHttpServer } from '../../rig/git-host/http-backend.ts';
import { startSmallRegistry } from '../../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../../rig/registry/small-registry.ts';
import { BareRepository } from '../../git/repository.ts';

type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

/** A repository, a registry, and what writes from one into the other. */
export class UpdateBed {
  readonly repository: BareRepository;
  readonly registry: SmallRegistry;
  readonly log: LogLine[] = [];
  readonly #server: GitHttpServer;
  readonly #runtimes: LocalRuntime[] = [];
  readonly #images: readonly object[];
  #hasKey: boolean;
  #updates: Updates;

  private constructor(of: {
    repository: BareRepository;
    registry: SmallRegistry;
    server: GitHttpServer;
    images: readonly object[];
    hasKey: boolean;
  }) {
    this.repository = of.repository;
    this.registry = of.registry;
    this.#server = of.server;
    this.#images = of.images;
    this.#hasKey = of.hasKey;
    this.#updates = this.#open();
  }

  /** `images`: entries of headgate.yml for `web` with what differs; HOST is the registry. */
  static async build(
    images: readonly object[] = [{}],
    { hasKey = false, ...options }: Partial<GitHttpOptions> & { readonly hasKey?: boolean } = {},
  ): Promise<UpdateBed> {
    const repository = new BareRepository('fleet.git');
    repository.git('config', 'receive.fsckObjects', 'true');
    const registry = await startSmallRegistry();
    const server = await startGitServer({ root: repository.root, ...options });
    return new UpdateBed({ repository, registry, server, images, hasKey });
  }

  #open(): Updates {
    const image = {
      name: 'web',
      image: 'HOST/acme/web',
      policy: { semver: '>=1.0.0' },
      writes: [{ repository: 'fleet', branch: 'main' }],
    };
    const written = {
      clusters: { lab: { kubeconfig: { path: '/nonexistent' } } },
      repositories: { fleet: { host: 'git', url: `${this.#server.url}/fleet.git`, write: 'env:FLEET_WRITE' } },
      targets: [],
      ...(this.#hasKey ? { key: 'env:HEADGATE_KEY' } : {}),
      images: this.#images.map((change) => ({ ...image, ...change })),
    };
    const text = JSON.stringify(written).replaceAll('HOST', this.registry.host);
    const read = readConfig({ text, path: '/headgate.yml' });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems, null, 2));
    const env = { FLEET_WRITE: 'planted-write-token', HEADGATE_KEY: 'a key of the tests with 32 characters' };
    const log = (line: LogLine) => void this.log.push(line);
    const runtime = localRuntime({ config: read.config, env, log, holder: randomUUID(), progress: () => undefined });
    this.#runtimes.push(runtime);
    return openUpdates({ runtime, openRegistry: registriesOf(runtime, () => Promise.resolve(null)) });
  }

  /** A new process, which remembers nothing. */
  restart({ hasKey = this.#hasKey } = {}): void {
    this.#hasKey = hasKey;
    this.#updates = this.#open();
  }

  /** Looks at the branch once, and says what came of it. */
  async update() {
    const config = this.#runtimes.at(-1)?.config;
    const [group] = config === undefined ? [] : writeGroups(config);
    if (group === undefined) throw new Error('no image is written anywhere');
    return this.#updates.update(group, new AbortController().signal);
  }

  /** As `headgate images release web`. */
  async release() {
    const policy = this.#runtimes.at(-1)?.config.images.get('web');
    if (policy === undefined) throw new Error('web is not an image');
    return this.#updates.release(policy, 'ann', new AbortController().signal);
  }

  /** Requests to Git, in short, since the last call. */
  gitRequests(): readonly string[] {
    return this.#server.requests
      .splice(0)
      .map(({ method, path, command }) => `${method} ${path.replace(/^.*\.git\//, '')} ${command}`.trim());
  }

  file(path: string): string {
    return this.repository.git('show', `main:${path}`);
  }

  /** The subjects of the branch, the newest first. */
  subjects(): readonly string[] {
    return this.repository.git('log', '--format=%s', 'main').split('\n');
  }

  hook(name: string, script: string): void {
    const file = join(this.repository.path, 'hooks', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  async close(): Promise<void> {
    for (const runtime of this.#runtimes) runtime.close();
    await this.registry.close();
    await this.#server.close();
  }
}
