import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { holdCommand, releaseCommand, rollbackCommand } from '../../../src/cli/steer/hold.ts';
import { asDeployError } from '../../../src/error/deploy-error.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { openApi } from '../cluster/api.ts';
import type { Api } from '../cluster/api.ts';
import { openGitWriter } from '../chaos/git-writer.ts';
import type { GitWriter } from '../chaos/git-writer.ts';
import { contextOf } from '../testbed/in-process.ts';
import { isQueueEmpty } from '../testbed/queues.ts';
import { configMap, Testbed } from '../testbed/testbed.ts';
import { SteerModel } from './steer-model.ts';
import type { Commit, Step } from './steer-model.ts';

const FULL_NAME = 'acme/fleet';
const QUIET_MS = 60_000;

/** A command works in its own process: a run of `serve` that meets its hold or its lease is tried again. */
export function isRetried(errors: unknown): boolean {
  return /"code":"lease-(lost|held)"/.test(JSON.stringify(errors ?? []));
}

/** One target with a `serve` that sweeps all the time, next to the model of what has to come of each step. */
export class SteerRig {
  readonly testbed: Testbed;
  readonly model = new SteerModel();
  readonly steps: string[] = [];
  readonly #api: Api;
  readonly #git: GitWriter;
  /** How many statuses a commit had when its outcome was recorded. */
  readonly #recordedAfter = new Map<string, number>();
  /** Of the log, at the last quiet point. */
  #seenLines = 0;

  private constructor(testbed: Testbed, api: Api) {
    this.testbed = testbed;
    this.#api = api;
    this.#git = openGitWriter(join(testbed.directory, 'git', `${FULL_NAME}.git`));
  }

  static async build(): Promise<SteerRig> {
    const testbed = await Testbed.build({ sweepIntervalMs: 700 });
    testbed.env['USER'] = 'jo';
    const rig = new SteerRig(testbed, await openApi(testbed.cluster));
    await rig.take({ kind: 'push', value: '0', isLost: true });
    await testbed.start();
    await rig.settle();
    return rig;
  }

  async take(step: Step): Promise<void> {
    this.steps.push(JSON.stringify(step));
    if (step.kind === 'push') await this.#push(step);
    else await this.#steer(step);
  }

  async #push({ value, isLost }: Extract<Step, { kind: 'push' }>): Promise<void> {
    const manifest = value === null ? 'kind: [' : configMap('a', { v: value });
    const parents = this.model.tip === null ? [] : [this.model.tip.revision];
    const files = { 'apps/a.yaml': manifest, 'README.md': `commit ${this.model.commits.length}\n` };
    const { revision } = this.#git.commit('main', files, parents);
    this.model.pushed({ revision, value, isLost });
    if (isLost) return;
    const push = { ref: 'refs/heads/main', before: '0'.repeat(40), after: revision };
    const flags = { created: false, deleted: false, forced: true, commits: [], head_commit: null };
    await this.testbed.host.deliver(
      FULL_NAME,
      JSON.stringify({ ...push, ...flags, repository: { id: 1, full_name: FULL_NAME } }),
    );
  }

  async #steer(step: Exclude<Step, { kind: 'push' }>): Promise<void> {
    const runtime = this.testbed.runtime();
    runtime.close();
    const [target] = runtime.config.targets;
    if (target === undefined) throw new Error('no target');
    const context = contextOf(this.testbed, runtime, () => undefined);
    const at = 'at' in step ? ((step.at?.revision ?? null) as Revision | null) : null;
    const commands = {
      hold: () => holdCommand(context, { target, reason: `step ${this.steps.length}`, at, until: null }),
      rollback: () => rollbackCommand(context, { target, to: at, reason: null }),
      release: () => releaseCommand(context, { target }),
    };
    const refusal = await commands[step.kind]().then(
      () => null,
      (thrown: unknown) => asDeployError(thrown).code,
    );
    const expected = this.model.refusalOf(step);
    if (refusal !== expected) throw new Error(`ended with ${refusal}, not ${expected}: ${this.#seen()}`);
    this.model.steered(step);
  }

  /** Waits until nothing is under way, and the cluster, the state and every commit are as the model has them. */
  async settle(): Promise<void> {
    const equals = async () => {
      const { namespace } = this.testbed;
      const list = `/api/v1/namespaces/${namespace}/configmaps`;
      const [live, parent] = await Promise.all([
        this.#api.get(`${list}/a`),
        this.#api.get(`${list}/headgate-${namespace}`),
      ]);
      const { annotations = {} } = (parent?.['metadata'] ?? {}) as { annotations?: Record<string, string> };
      const hold = JSON.parse(annotations['headgate.dev/hold'] ?? 'null') as { at: string } | null;
      const found = {
        value: (live?.['data'] as Record<string, string> | undefined)?.['v'],
        hold: hold?.at ?? null,
        statuses: this.model.commits.map((commit) => [commit.revision, this.#statusesOf(commit).at(-1) ?? 'none']),
        isIdle: isQueueEmpty(join(this.testbed.directory, 'data')),
      };
      expect(found).toEqual({
        value: this.model.applied?.value,
        hold: this.model.hold?.at?.revision ?? null,
        statuses: this.model.commits.map((commit) => [commit.revision, this.model.statuses.get(commit)]),
        isIdle: true,
      });
    };
    try {
      await this.testbed.host.settled();
      await vi.waitFor(equals, { timeout: QUIET_MS, interval: 40 });
      const recorded = this.model.commits.slice(-8).filter((commit) => this.model.isRecorded(commit));
      for (const commit of recorded) this.#refuseLateStatus(commit);
      this.#seenLines = this.testbed.log.length;
    } catch (thrown) {
      throw new Error(this.#seen(), { cause: thrown });
    }
  }

  #statusesOf({ revision }: Commit): readonly string[] {
    return this.testbed.host.statusesOf(revision).map(({ state }) => state);
  }

  /** A commit whose outcome the state has is not pending again, but for a moment by a run that a command has overtaken. */
  #refuseLateStatus(commit: Commit): void {
    const states = this.#statusesOf(commit);
    const known = this.#recordedAfter.get(commit.revision);
    this.#recordedAfter.set(commit.revision, states.length);
    const isOvertaken = this.testbed.log.slice(this.#seenLines).some(({ errors }) => isRetried(errors));
    if (known !== undefined && !isOvertaken && states.slice(known).includes('pending'))
      throw new Error(`pending after its outcome: ${commit.revision} ${states.join()}`);
  }

  #seen(): string {
    const { log, host } = this.testbed;
    const statuses = this.model.commits
      .slice(-8)
      .map((commit) => [
        commit.revision.slice(0, 7),
        commit.value,
        this.model.statuses.get(commit),
        host.statusesOf(commit.revision).map(({ state, description }) => `${state} ${description}`),
      ]);
    const lines = log.filter(({ level }) => level !== 'debug').slice(-12);
    return JSON.stringify({ steps: this.steps.slice(-10), statuses, lines }, null, 1);
  }

  async tearDown(): Promise<void> {
    this.#api.close();
    await this.testbed.tearDown();
  }
}
