import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { lookAtImages } from '../../app/local/look-at-images.ts';
import type { Target } from '../../config/checked/config.ts';
import { writeGroups } from '../../images/update/write-group.ts';
import type { Revision } from '../../snapshot/source.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Activity, FleetView, ImagesView, PlanView, PromotionsView, TargetView } from '../../page/model.ts';
import { lookAtPromotions } from '../../app/promotions/look-at-promotions.ts';
import { promotionPorts } from '../../app/promotions/open-promotions.ts';
import { emptyLooks } from '../../promotion/run/look.ts';
import type { PromotionLook } from '../../promotion/run/look.ts';
import { planByHand } from '../../promotion/run/promote-by-hand.ts';
import type { PlannedPromotion } from '../../promotion/run/promote-by-hand.ts';
import { stepGroups } from '../../promotion/run/step-groups.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import type { PromoteWanted } from './promote-form.ts';
import { promotionsView } from './promotions-view.ts';
import { lastReady } from '../../state/last-ready.ts';
import { readPlan } from '../commands/plan.ts';
import { readFleetWith } from '../lookup/read-fleet.ts';
import type { Fleet, TargetStatus } from '../lookup/read-fleet.ts';
import type { Context } from '../terminal/context.ts';
import { imagesView } from './images-view.ts';
import { fleetRow, fleetView } from './fleet-view.ts';
import { planView } from './plan-view.ts';
import { readObjects, targetView } from './target-view.ts';

/** What the page reads, through the functions of the commands, with connections that stay open. */
export interface PageReader {
  /** At most this old. */
  fleet(oldestMs: number): Promise<FleetView>;
  /** The fleet has changed since it was read. */
  forget(): void;
  /** By name; null: there is none. */
  find(name: string): Promise<Target | null>;
  status(target: Target): Promise<TargetStatus>;
  target(target: Target, activity: Activity | null): Promise<TargetView>;
  /** `at` null: the tip. */
  plan(target: Target, at: Revision | null): Promise<PlanView>;
  /** The last commit that was ready; null: none is known. */
  lastReady(target: Target): Promise<Revision | null>;
  tip(target: Target): Promise<Revision | null>;
  images(): Promise<ImagesView>;
  promotions(activityOf: (target: string) => Activity | null): Promise<PromotionsView>;
  /** Every step of headgate.yml. */
  readonly steps: readonly StepGroup[];
  /** @throws DeployError when nothing can be promoted */
  planPromotion(wanted: PromoteWanted): Promise<PlannedPromotion>;
  /** A text that changes when a reader would see a change, except the time. */
  fleetVersion(): Promise<string>;
  targetVersion(target: Target): Promise<string>;
  promotionsVersion(): Promise<string>;
  /** How long a reader should wait before it reads the version of the fleet again. */
  readonly pauseMs: () => number;
  readonly promotionsPauseMs: () => number;
}

const PAUSE_MS = 3_000;
/** Registries count requests: within this time, all readers get the same answer. */
const IMAGES_AGE_MS = 10_000;
/** Git hosts count requests too, but a person looks at what moves. */
const PROMOTIONS_AGE_MS = 5_000;
/** Less than the silence after which a connection ends. */
const LONGEST_PAUSE_MS = 30_000;
/** Reading takes at most this part of the time. */
const SHARE = 10;

interface Looks {
  readonly startedMs: number;
  readonly tookMs: number;
  readonly found: readonly PromotionLook[];
}

export function openReader(runtime: LocalRuntime, context: Context): PageReader {
  const { nowMs, signal } = context;
  let last: { readonly atMs: number; readonly tookMs: number; readonly fleet: Fleet } | null = null;
  let reading: Promise<Fleet> | null = null;
  const memory = emptyLooks();
  let looks: Looks | null = null;
  let looked: { readonly startedMs: number; readonly view: Promise<ImagesView> } | null = null;

  async function readAll(): Promise<Fleet> {
    const beganMs = nowMs();
    const fleet = await readFleetWith(runtime, context, null);
    last = { atMs: nowMs(), tookMs: nowMs() - beganMs, fleet };
    return fleet;
  }

  async function fleetOf(oldestMs: number): Promise<Fleet> {
    if (last !== null && nowMs() - last.atMs <= oldestMs) return last.fleet;
    reading ??= readAll().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function status(target: Target): Promise<TargetStatus> {
    const { rows } = await readFleetWith(runtime, context, target);
    const [row] = rows;
    if (row === undefined) throw new TypeError('a status has its target');
    return row;
  }

  async function readLooks(): Promise<Looks> {
    const startedMs = nowMs();
    const { promotions } = runtime.config;
    const found = await lookAtPromotions(promotions.values(), { runtime, memory }, signal);
    return { startedMs, tookMs: nowMs() - startedMs, found };
  }

  let looking: Promise<Looks> | null = null;
  async function looksOf(oldestMs: number): Promise<Looks> {
    if (looks !== null && nowMs() - looks.startedMs <= oldestMs) return looks;
    looking ??= readLooks().finally(() => {
      looking = null;
    });
    looks = await looking;
    return looks;
  }

  return {
    status,
    async fleet(oldestMs) {
      const fleet = await fleetOf(oldestMs);
      const { images, promotions } = runtime.config;
      return fleetView(fleet, { nowMs: last?.atMs ?? nowMs(), images: images.size, promotions: promotions.size });
    },
    forget() {
      last = null;
      looks = null;
    },
    async find(name) {
      const configured = runtime.config.targets.find((target) => target.name === name);
      if (configured !== undefined || runtime.config.templates.length === 0) return configured ?? null;
      const { rows } = await fleetOf(60_000);
      return rows.find(({ target }) => target.name === name)?.target ?? null;
    },
    async target(target, activity) {
      const [read, objects] = await Promise.all([status(target), readObjects(target, runtime, signal)]);
      return targetView(read, { objects, activity, nowMs: nowMs() });
    },
    async plan(target, at) {
      return planView(await readPlan({ target, at, directory: null }, runtime, signal));
    },
    async lastReady(target) {
      const { cluster } = await runtime.open(target, null);
      const [{ state }, record] = await Promise.all([
        cluster.read('read-only', signal),
        cluster.readiness.read(signal),
      ]);
      return lastReady(target, state, record);
    },
    async tip(target) {
      const git = await runtime.openGit(target.repository);
      return asRevision((await git.tips([target.ref], signal)).get(target.ref) ?? '');
    },
    async images() {
      if (looked === null || nowMs() - looked.startedMs > IMAGES_AGE_MS) {
        const startedMs = nowMs();
        const groups = writeGroups(runtime.config);
        const states = lookAtImages(groups, runtime, signal);
        looked = { startedMs, view: states.then((found) => imagesView(found, { groups, readMs: startedMs })) };
      }
      return looked.view;
    },
    async promotions(activityOf) {
      const { found, startedMs } = await looksOf(PROMOTIONS_AGE_MS);
      return promotionsView(found, { readMs: startedMs, activityOf });
    },
    steps: stepGroups(runtime.config),
    async planPromotion({ step, from }) {
      const source = step.step.from.targets.find(({ name }) => name === from);
      if (source === undefined) throw new TypeError('a promotion has its source');
      const wanted = { step, from: source, revision: null, isChosen: () => true };
      return planByHand(wanted, await promotionPorts(runtime), signal);
    },
    async promotionsVersion() {
      return JSON.stringify((await looksOf(0)).found);
    },
    async fleetVersion() {
      const { rows, problems } = fleetView(await fleetOf(0), { nowMs: nowMs(), images: 0, promotions: 0 });
      return JSON.stringify([rows, problems]);
    },
    async targetVersion(target) {
      const read = await status(target);
      return JSON.stringify([fleetRow(read, nowMs()), read.state]);
    },
    promotionsPauseMs: () => Math.min(LONGEST_PAUSE_MS, Math.max(PROMOTIONS_AGE_MS, SHARE * (looks?.tookMs ?? 0))),
    pauseMs: () => Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, SHARE * (last?.tookMs ?? 0))),
  };
}
