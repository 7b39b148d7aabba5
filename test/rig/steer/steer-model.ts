import { pickFrom } from '../chaos/random.ts';

/** One commit of the branch. */
export interface Commit {
  readonly revision: string;
  /** What its one ConfigMap has; null: its manifest is refused. */
  readonly value: string | null;
  /** Its delivery was lost, so that only a sweep finds it. */
  readonly isLost: boolean;
}

/** What a person does, with the commit that it names. */
export type Step =
  | { readonly kind: 'push'; readonly value: string | null; readonly isLost: boolean }
  | { readonly kind: 'hold' | 'rollback'; readonly at: Commit | null }
  | { readonly kind: 'release' };

type Status = 'pending' | 'success' | 'failure' | 'error' | 'none';

const KEPT_OUTCOMES = 20;

/** What a target, its hold and the statuses of its commits have to be after any sequence of steps. */
export class SteerModel {
  readonly commits: Commit[] = [];
  /** The last status of each commit. */
  readonly statuses = new Map<Commit, Status>();
  applied: Commit | null = null;
  hold: { readonly at: Commit | null; readonly from: Commit | null } | null = null;
  /** As the history has them: newest first. */
  #outcomes: readonly Commit[] = [];

  get tip(): Commit | null {
    return this.commits.at(-1) ?? null;
  }

  /** Why the command is refused, or null. */
  refusalOf(step: Step): 'nothing-ready' | null {
    return step.kind === 'rollback' && this.#goal(step.at) === null ? 'nothing-ready' : null;
  }

  pushed(commit: Commit): void {
    const { tip } = this;
    if (tip !== null && this.statuses.get(tip) === 'pending') this.statuses.set(tip, 'error');
    this.commits.push(commit);
    this.#run();
  }

  steered(step: Exclude<Step, { kind: 'push' }>): void {
    if (this.refusalOf(step) !== null) return;
    if (step.kind === 'release') this.hold = null;
    else if (step.kind === 'rollback') this.hold = this.#rolledBack(step.at);
    else if (step.at !== null) this.hold = { at: step.at, from: null };
    else this.hold ??= { at: this.applied, from: null };
    this.#run();
  }

  #rolledBack(to: Commit | null): SteerModel['hold'] {
    const isRepeated = to === null && this.hold !== null && this.hold.from !== null;
    return isRepeated ? this.hold : { at: this.#goal(to), from: this.applied };
  }

  #goal(to: Commit | null): Commit | null {
    if (to !== null) return to;
    if (this.hold !== null && this.hold.from !== null) return this.hold.at;
    return this.#outcomes.find((each) => each.value !== null && each !== this.applied) ?? null;
  }

  /** What every run brings about, however often it is repeated. */
  #run(): void {
    const { tip, hold } = this;
    if (tip === null) return;
    if (hold?.at) this.#bringTo(hold.at);
    if (hold === null || hold.at === tip) {
      this.#bringTo(tip);
      this.#answer(tip);
    } else if (tip.value === this.applied?.value) this.#answer(tip);
    else if (!this.isRecorded(tip)) this.statuses.set(tip, 'pending');
  }

  /** The state knows the outcome of this commit. Without that, one that changed nothing waits like any other. */
  isRecorded(commit: Commit): boolean {
    return this.#outcomes.includes(commit);
  }

  #bringTo(commit: Commit): void {
    if (commit.value === this.applied?.value) return;
    if (commit.value === null) {
      if (this.#outcomes[0] !== commit) this.#record(commit);
      this.statuses.set(commit, 'failure');
      return;
    }
    this.applied = commit;
    this.#record(commit);
    this.statuses.set(commit, 'success');
  }

  #record(outcome: Commit): void {
    this.#outcomes = [outcome, ...this.#outcomes].slice(0, KEPT_OUTCOMES);
  }

  /** The tip has what is deployed: a commit that nothing had announced needs no answer. */
  #answer(tip: Commit): void {
    if (tip.value === null) return;
    const had = this.statuses.get(tip);
    if (had === undefined && tip.isLost) this.statuses.set(tip, 'none');
    else if (had === undefined || had === 'pending') this.statuses.set(tip, 'success');
  }

  /** A random next step. */
  next(random: () => number): Step {
    const dice = random();
    const deployable = this.commits.slice(-8).filter(({ value }) => value !== null);
    const earlier = pickFrom(deployable, random) ?? null;
    if (this.applied === null || dice < 0.4) {
      const value = this.applied !== null && random() < 0.15 ? null : String(Math.floor(random() * 4));
      return { kind: 'push', value, isLost: random() < 0.2 };
    }
    if (dice < 0.52) return { kind: 'hold', at: null };
    if (dice < 0.66) return { kind: 'hold', at: earlier };
    if (dice < 0.76) return { kind: 'rollback', at: null };
    if (dice < 0.82) return { kind: 'rollback', at: earlier };
    return { kind: 'release' };
  }
}
