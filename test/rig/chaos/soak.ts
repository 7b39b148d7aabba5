import { join } from 'node:path';
import { expect, inject, vi } from 'vitest';
import { decodeEntries } from '../../../src/cluster/state/shard.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { Testbed } from '../testbed/testbed.ts';
import type { LogLine } from '../testbed/testbed.ts';
import { isQueueEmpty } from '../testbed/queues.ts';
import { openApi } from '../cluster/api.ts';
import type { Api } from '../cluster/api.ts';
import { change, desiredOf, differenceOf, EMPTY, filesOf, pathOf } from './model.ts';
import type { Repository, Sources } from './model.ts';
import { openGitWriter } from './git-writer.ts';
import type { GitWriter } from './git-writer.ts';
import { pickOperation } from './operations/operations.ts';
import { limitSecrets } from './operations/quota.ts';

const FULL_NAME = 'acme/fleet';
const RECENT = 20;
const SETTLE_MS = 90_000;
const OUTCOME_MS = 60_000;

/** A commit that a push, a revert or a force-push can go back to. */
export interface Point {
  readonly revision: string;
  readonly repository: Repository;
}

/** Random operations on two targets, two namespaces and one repository, with the state that they should result in. */
export class Soak {
  readonly testbed: Testbed;
  readonly api: Api;
  readonly git: GitWriter;
  readonly sources: Sources;
  /** The target that its operations may change in headgate.yml: its path is `apps`. */
  readonly settings: Record<string, unknown>;
  /** Objects that Git does not have, as `live` shows them. */
  readonly foreign: Record<string, string> = {};
  /** Objects that were changed by hand, once: Headgate leaves a contested object alone for half an hour. */
  readonly touched = new Set<string>();
  readonly payloads: string[] = [];
  readonly history: Point[] = [];
  /** Paths of cluster-wide objects, which would outlive the namespaces of this soak. */
  readonly clusterWide: string[] = [];
  readonly counts: Record<string, number> = {};
  /** The latest operations, and how long each took. */
  readonly recent: string[] = [];
  repository: Repository = EMPTY;
  isExcluded = false;
  /** What the target at `apps` keeps while every push to it is refused. */
  #frozen: Repository | null = null;
  /** Objects that were in Git, for either target, since a moment at which nothing was being deployed: they stay the same. */
  readonly #uids = new Map<string, string>();
  #names = 0;

  private constructor(
    testbed: Testbed,
    api: Api,
    { random, settings }: { random: () => number; settings: Record<string, unknown> },
  ) {
    this.testbed = testbed;
    this.api = api;
    this.settings = settings;
    this.git = openGitWriter(join(testbed.directory, 'git', `${FULL_NAME}.git`));
    this.sources = {
      random,
      namespaces: [testbed.namespace, `${testbed.namespace}-b`],
      freshName: () => `c${(this.#names += 1)}`,
    };
  }

  static async build(random: () => number): Promise<Soak> {
    const both = { namespaces: ['NAMESPACE', 'NAMESPACE-b'], prune: { empty: true } };
    const clusterWide = {
      clusterScoped: true,
      namespaces: ['*'],
      prune: { empty: true, kinds: ['Namespace', 'CustomResourceDefinition'] },
    };
    const settings: Record<string, unknown> = { name: 'NAMESPACE', path: 'apps', ...both, ...clusterWide };
    const other = { name: 'NAMESPACE-b', path: 'sites', namespace: 'NAMESPACE-b', ...both };
    const testbed = await Testbed.build({ targets: [settings, other], sweepIntervalMs: 1000, driftIntervalMs: 1500 });
    const soak = new Soak(testbed, await openApi(inject('cluster')), { random, settings });
    await soak.api.create('/api/v1/namespaces', { metadata: { name: `${testbed.namespace}-b` } });
    await limitSecrets(soak);
    await soak.push(change(EMPTY, soak.sources), 'lost');
    await testbed.start();
    return soak;
  }

  /** Does one random operation; every second one has this in its name. */
  async operate(named: string): Promise<void> {
    const { name, run } = pickOperation(this.sources.random, named);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    const startedMs = performance.now();
    await run(this);
    this.recent.push(`${name} ${Math.round(performance.now() - startedMs)} ms`);
    this.recent.splice(0, this.recent.length - RECENT);
  }

  /** Commits, and sends the delivery that GitHub would send, unless it is lost. */
  async push(repository: Repository, delivery: 'delivered' | 'lost' | 'maybe' = 'maybe'): Promise<string> {
    const before = this.history.at(-1);
    const parents = before === undefined ? [] : [before.revision];
    const { revision, tree } = this.git.commit('main', filesOf(repository), parents);
    const payload = this.announcement({ revision, repository }, { tree, isForced: false });
    this.history.push({ revision, repository });
    this.hasNow(repository);
    const isLost = delivery === 'lost' || (delivery === 'maybe' && this.sources.random() < 0.25);
    if (!isLost) await this.testbed.host.deliver(FULL_NAME, payload);
    return revision;
  }

  /** The payload of a push from what the branch has now to this point. */
  announcement(
    { revision, repository }: Point,
    { tree, isForced }: { tree: string | null; isForced: boolean },
  ): string {
    const payload = JSON.stringify({
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: revision,
      created: this.history.length === 0,
      deleted: false,
      forced: isForced,
      repository: { id: 1, full_name: FULL_NAME },
      head_commit: tree === null ? null : { id: revision, tree_id: tree },
      commits: [{ id: revision, ...differenceOf(filesOf(this.repository), filesOf(repository)) }],
    });
    this.payloads.push(payload);
    return payload;
  }

  readonly deliver = (payload: string): Promise<unknown> => this.testbed.host.deliver(FULL_NAME, payload);

  /** The branch has this content. What is out of Git once may be deleted and created again. */
  hasNow(repository: Repository): void {
    this.repository = repository;
    const expected = this.expected();
    for (const object of this.#uids.keys()) {
      if (expected[object] === undefined) this.#uids.delete(object);
    }
  }

  /** From now on every push to `apps` is refused. */
  freeze(): void {
    this.#frozen = this.repository;
  }

  /** Pushes are deployed again, beginning with this one. */
  async thaw(repository: Repository): Promise<void> {
    this.#frozen = null;
    await this.outcome(await this.push(repository, 'delivered'), 'deployed', 'unchanged');
  }

  /** The object is changed or deleted by hand. */
  touch(object: string): void {
    this.touched.add(object);
    this.#uids.delete(object);
  }

  /** Later operations do not go back to the commits of this one. */
  forgetHistory(): void {
    this.history.splice(0, this.history.length - 1);
  }

  /** Waits for a run of the target at `apps` that ends so. */
  outcome(revision: string, ...verdicts: readonly string[]): Promise<LogLine> {
    return this.testbed.logged(
      (line) =>
        line['revision'] === revision &&
        line['target'] === this.testbed.namespace &&
        verdicts.includes(String(line['verdict'])),
      OUTCOME_MS,
    );
  }

  /** namespace/name → value: the tip, and the foreign objects as they were created. */
  expected(): Readonly<Record<string, string>> {
    const { isExcluded } = this;
    return {
      ...desiredOf(this.#frozen ?? this.repository, { below: 'apps/', isExcluded }),
      ...desiredOf(this.repository, { below: 'sites/', isExcluded }),
      ...this.foreign,
    };
  }

  /** Waits until the cluster equals the model. @throws with everything that is known when that takes too long. */
  async settle(when: string): Promise<void> {
    const since = this.testbed.log.length;
    try {
      await this.testbed.host.settled();
      const equalsModel = async () => expect(valuesOf(await this.live())).toEqual(this.expected());
      await vi.waitFor(equalsModel, { timeout: SETTLE_MS, interval: 200 });
      await this.#compareUids();
    } catch (thrown) {
      const lines = this.testbed.log.slice(since).filter(({ level }) => level !== 'debug');
      const found = { recent: this.recent, lines: lines.slice(-60), why: await this.#explain() };
      throw new Error(`after ${when}: ${JSON.stringify(found, null, 1)}`, { cause: thrown });
    }
  }

  async #compareUids(): Promise<void> {
    // A run that is under way may still deploy a commit before the tip, which does not have the object.
    const isIdle = isQueueEmpty(join(this.testbed.directory, 'data'));
    const uids = Object.entries(await this.live()).map(([object, { uid }]): [string, string] => [object, uid]);
    const replaced = uids.filter(([object, uid]) => uid !== (this.#uids.get(object) ?? uid)).map(([object]) => object);
    if (replaced.length > 0) throw new Error(`deleted and created again: ${replaced.join(', ')}`);
    if (isIdle) for (const [object, uid] of uids) this.#uids.set(object, uid);
  }

  /** Everything known about the objects that differ from the model, for finding out why. */
  async #explain(): Promise<unknown> {
    const [live, expected] = [valuesOf(await this.live()), this.expected()];
    const wrong = [...new Set([...Object.keys(live), ...Object.keys(expected)])].filter(
      (object) => live[object] !== expected[object],
    );
    const objects = await Promise.all(wrong.map((object) => this.api.get(pathOf(object))));
    const states = await Promise.all(
      this.sources.namespaces.map(async (namespace) => {
        const parent = await this.api.get(pathOf(`${namespace}/headgate-${namespace}`));
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

  /** namespace/name → the object in the cluster. */
  async live(): Promise<Readonly<Record<string, Live>>> {
    const lists = await Promise.all(
      this.sources.namespaces.map((namespace) => this.api.get(`/api/v1/namespaces/${namespace}/configmaps`)),
    );
    const items = lists.flatMap((list) => (list?.['items'] ?? []) as unknown as ConfigMap[]);
    const users = items.filter(
      ({ metadata: { name } }) => !name.startsWith('headgate-') && name !== 'kube-root-ca.crt',
    );
    return Object.fromEntries(
      users.map(({ metadata: { namespace, name, uid }, data }) => [
        `${namespace}/${name}`,
        { uid, value: Object.keys(data ?? {}).join() === 'v' ? (data?.['v'] ?? '') : JSON.stringify(data) },
      ]),
    );
  }

  async tearDown(): Promise<void> {
    await this.testbed.tearDown();
    for (const path of [...this.clusterWide, `/api/v1/namespaces/${this.testbed.namespace}-b`]) {
      await this.api.remove(path);
    }
    this.api.close();
  }
}

interface Live {
  readonly uid: string;
  readonly value: string;
}

interface ConfigMap {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly data?: Readonly<Record<string, string>>;
}

function valuesOf(live: Readonly<Record<string, Live>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(live).map(([object, { value }]) => [object, value]));
}
