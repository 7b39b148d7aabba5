import { join } from 'node:path';
import { inject } from 'vitest';
import { decodeEntries } from '../../../src/cluster/state/shard.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { Testbed } from '../testbed/testbed.ts';
import { openApi } from '../cluster/api.ts';
import type { Api } from '../cluster/api.ts';
import { change, desiredOf, differenceOf, EXCLUDABLE, filesOf } from './model.ts';
import type { Repository, Sources } from './model.ts';
import { openGitWriter } from './git-writer.ts';
import type { GitWriter } from './git-writer.ts';
import { pickFrom } from './random.ts';

const FULL_NAME = 'acme/fleet';
const RECENT = 20;

interface Point {
  readonly revision: string;
  readonly repository: Repository;
}

/** Random operations on two targets, two namespaces and one repository, with the state that they should result in. */
export class Soak {
  readonly testbed: Testbed;
  readonly #api: Api;
  readonly #git: GitWriter;
  readonly #sources: Sources;
  readonly #settings: Record<string, unknown>;
  readonly #foreign: Record<string, string> = {};
  readonly #touched = new Set<string>();
  readonly #payloads: string[] = [];
  #history: Point[] = [];
  #repository: Repository = new Map();
  #isExcluded = false;
  #names = 0;
  readonly counts: Record<string, number> = {};
  /** The latest operations, and how long each took. */
  readonly recent: string[] = [];

  private constructor(
    testbed: Testbed,
    api: Api,
    { random, settings }: { random: () => number; settings: Record<string, unknown> },
  ) {
    this.testbed = testbed;
    this.#api = api;
    this.#settings = settings;
    this.#git = openGitWriter(join(testbed.directory, 'git', `${FULL_NAME}.git`));
    this.#sources = {
      random,
      namespaces: [testbed.namespace, `${testbed.namespace}-b`],
      freshName: () => `c${(this.#names += 1)}`,
    };
  }

  static async build(random: () => number): Promise<Soak> {
    const both = { namespaces: ['NAMESPACE', 'NAMESPACE-b'], prune: { empty: true }, adopt: true };
    const settings: Record<string, unknown> = { name: 'NAMESPACE', path: 'apps', ...both };
    const other = { name: 'NAMESPACE-b', path: 'sites', namespace: 'NAMESPACE-b', ...both };
    const testbed = await Testbed.build({ targets: [settings, other], sweepIntervalMs: 1000, driftIntervalMs: 1500 });
    const soak = new Soak(testbed, await openApi(inject('cluster')), { random, settings });
    await soak.#api.create('/api/v1/namespaces', { metadata: { name: `${testbed.namespace}-b` } });
    await soak.#push();
    await testbed.start();
    return soak;
  }

  /** Does one random operation. */
  async operate(index: number): Promise<void> {
    const { random } = this.#sources;
    if (index % 20 === 0) return this.#count('git push', this.#gitPush());
    const dice = random();
    if (dice < 0.64) return this.#count('push', this.#push());
    if (dice < 0.71) return this.#count('force-push', this.#forcePush());
    if (dice < 0.76) return this.#count('revert', this.#revert());
    if (dice < 0.82) return this.#count('edit by hand', this.#edit());
    if (dice < 0.88) return this.#count('delete by hand', this.#delete());
    if (dice < 0.92) return this.#count('foreign object', this.#createForeign());
    if (dice < 0.96) return this.#count('state deleted', this.#deleteState());
    // For a commit that a force-push removed, Headgate waits 7 s, as for a Git host that lags.
    if (dice < 0.985) return this.#count('old delivery again', this.#redeliver());
    return this.#count('settings changed', this.#changeSettings());
  }

  /** namespace/name → value: the tip, and the foreign objects as they were created. */
  expected(): Readonly<Record<string, string>> {
    return { ...desiredOf(this.#repository, this.#isExcluded), ...this.#foreign };
  }

  async tearDown(): Promise<void> {
    await this.testbed.tearDown();
    await this.#api.remove(`/api/v1/namespaces/${this.testbed.namespace}-b`);
    this.#api.close();
  }

  async #count(operation: string, work: Promise<void>): Promise<void> {
    this.counts[operation] = (this.counts[operation] ?? 0) + 1;
    const startedMs = performance.now();
    await work;
    this.recent.push(`${operation} ${Math.round(performance.now() - startedMs)} ms`);
    this.recent.splice(0, this.recent.length - RECENT);
  }

  async #push(): Promise<void> {
    const before = this.#history.at(-1);
    const repository = change(this.#repository, this.#sources);
    const { revision, tree } = this.#git.commit(
      'main',
      filesOf(repository),
      before === undefined ? [] : [before.revision],
    );
    await this.#announce({ revision, repository }, { tree, isForced: false });
  }

  /** Drops the latest commits. */
  async #forcePush(): Promise<void> {
    const back = this.#history.at(-2 - Math.floor(this.#sources.random() * 3));
    if (back === undefined) return this.#push();
    this.#history = this.#history.slice(0, this.#history.indexOf(back) + 1);
    this.#git.moveBranch('main', back.revision);
    return this.#announce(back, { tree: null, isForced: true });
  }

  async #revert(): Promise<void> {
    const [before, back] = [this.#history.at(-1), this.#history.at(-2)];
    if (before === undefined || back === undefined) return this.#push();
    const { revision, tree } = this.#git.commit('main', filesOf(back.repository), [before.revision]);
    return this.#announce({ revision, repository: back.repository }, { tree, isForced: false });
  }

  /** Pushes with git itself, so that the real hook builds the payload. */
  async #gitPush(): Promise<void> {
    const { testbed } = this;
    const repository = change(this.#repository, this.#sources);
    await testbed.git('fetch', '-q', 'origin', 'main');
    await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
    await testbed.writeAll(Object.fromEntries(Object.keys(filesOf(this.#repository)).map((path) => [path, null])));
    const revision = await testbed.push(filesOf(repository));
    this.#repository = repository;
    this.#history.push({ revision, repository });
  }

  /** Sends the delivery that GitHub would send, and loses some. */
  async #announce(point: Point, { tree, isForced }: { tree: string | null; isForced: boolean }): Promise<void> {
    const { revision, repository } = point;
    const difference = differenceOf(filesOf(this.#repository), filesOf(repository));
    const isFirst = this.#history.length === 0;
    if (!isForced) this.#history.push(point);
    this.#repository = repository;
    const payload = JSON.stringify({
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: revision,
      created: isFirst,
      deleted: false,
      forced: isForced,
      repository: { id: 1, full_name: FULL_NAME },
      head_commit: tree === null ? null : { id: revision, tree_id: tree },
      commits: [{ id: revision, ...difference }],
    });
    this.#payloads.push(payload);
    if (isFirst || this.#sources.random() < 0.25) return;
    await this.testbed.host.deliver(FULL_NAME, payload);
  }

  async #redeliver(): Promise<void> {
    const payload = pickFrom(this.#payloads.slice(-12), this.#sources.random);
    if (payload !== undefined) await this.testbed.host.deliver(FULL_NAME, payload);
  }

  /** An object that was not changed by hand before: Headgate leaves a contested object alone for half an hour. */
  #untouched(): string | undefined {
    const all = Object.keys(desiredOf(this.#repository, this.#isExcluded));
    const path = pickFrom(
      all.filter((each) => !this.#touched.has(each)),
      this.#sources.random,
    );
    if (path !== undefined) this.#touched.add(path);
    return path;
  }

  async #edit(): Promise<void> {
    const object = this.#untouched();
    if (object !== undefined) await this.#api.patch(pathOf(object), { data: { v: 'edited by hand' } });
  }

  async #delete(): Promise<void> {
    const object = this.#untouched();
    if (object !== undefined) await this.#api.remove(pathOf(object));
  }

  /** Some carry a copied label of an owned object, as controllers copy labels. */
  async #createForeign(): Promise<void> {
    const { random, namespaces } = this.#sources;
    const namespace = pickFrom(namespaces, random) ?? '';
    const name = `foreign-${(this.#names += 1)}`;
    const parent = await this.#api.get(pathOf(`${this.testbed.namespace}/headgate-${this.testbed.namespace}`));
    const set = ((parent?.['metadata'] as JsonObject | undefined)?.['labels'] as JsonObject | undefined)?.[
      'applyset.kubernetes.io/id'
    ];
    const labels = typeof set === 'string' && random() < 0.5 ? { 'applyset.kubernetes.io/part-of': set } : {};
    await this.#api.create(`/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name, labels },
      data: { v: name },
    });
    this.#foreign[`${namespace}/${name}`] = name;
  }

  async #deleteState(): Promise<void> {
    const namespace = pickFrom(this.#sources.namespaces, this.#sources.random) ?? '';
    await this.#api.remove(pathOf(`${namespace}/headgate-${namespace}`));
  }

  async #changeSettings(): Promise<void> {
    await this.testbed.stop();
    this.#isExcluded = !this.#isExcluded;
    this.#settings['exclude'] = this.#isExcluded ? [EXCLUDABLE.slice('apps/'.length)] : [];
    await this.testbed.start();
  }

  /** Everything known about the objects that differ from the model, for finding out why. */
  async explain(): Promise<unknown> {
    const [live, expected] = [await this.live(), this.expected()];
    const wrong = [...new Set([...Object.keys(live), ...Object.keys(expected)])].filter(
      (object) => live[object] !== expected[object],
    );
    const objects = await Promise.all(wrong.map((object) => this.#api.get(pathOf(object))));
    const states = await Promise.all(
      this.#sources.namespaces.map(async (namespace) => {
        const parent = await this.#api.get(pathOf(`${namespace}/headgate-${namespace}`));
        const data = (parent?.['data'] ?? {}) as Readonly<Record<string, string>>;
        const binary = (parent?.['binaryData'] ?? {}) as Readonly<Record<string, string>>;
        const entries = decodeEntries(binary['inventory'] ?? '', namespace);
        return {
          state: data['state'],
          annotations: (parent?.['metadata'] as JsonObject | undefined)?.['annotations'],
          entries: entries.filter(({ id }) => wrong.includes(`${id.namespace}/${id.name}`)),
        };
      }),
    );
    return { wrong, objects, states };
  }

  /** namespace/name → value: the objects in the cluster. */
  async live(): Promise<Readonly<Record<string, string>>> {
    const lists = await Promise.all(
      this.#sources.namespaces.map((namespace) => this.#api.get(`/api/v1/namespaces/${namespace}/configmaps`)),
    );
    const items = lists.flatMap(
      (list) => (list?.['items'] ?? []) as unknown as { metadata: Named; data?: { v?: string } }[],
    );
    const users = items.filter(
      ({ metadata: { name } }) => !name.startsWith('headgate-') && name !== 'kube-root-ca.crt',
    );
    return Object.fromEntries(
      users.map(({ metadata: { namespace, name }, data }) => [`${namespace}/${name}`, data?.v ?? '']),
    );
  }
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function pathOf(object: string): string {
  const [namespace, name] = object.split('/');
  return `/api/v1/namespaces/${namespace}/configmaps/${name}`;
}
