import { needsReadiness } from '../../health/needs-readiness.ts';
import type { Readiness } from '../../deploy/ports/readiness.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { entriesOf, readInventory } from '../state/inventory-store.ts';
import { applySetId } from '../state/parent.ts';
import { readReadiness, writeReadiness } from './ready-store.ts';
import type { ClusterRun } from '../state/run.ts';
import type { StateStore } from '../state/state-store.ts';
import { watchedOf } from './watched.ts';
import { openWatches } from './watches.ts';

/** Watch events come in bursts. One check covers a burst; a more expensive check waits longer for more events. */
const PAUSE_MS = 200;
const PAUSE_PER_OBJECT_MS = 20;
/** The interval between checks if nothing can be watched. */
const POLL_MS = 2_000;

export function targetReadiness(run: ClusterRun, store: StateStore): Readiness {
  const { connection, kinds, target, wait, runner } = run;
  const watches = openWatches(connection, wait);
  let pauseMs = PAUSE_MS;
  const context = { connection, kinds, nowMs: runner.nowMs };
  return {
    async readHealth(objects, signal) {
      const wantedKinds = objects.map(({ apiVersion, id }) => ({ apiVersion, kind: id.kind }));
      await kinds.learn(connection, wantedKinds, signal);
      // A deploy only reads it between waves.
      const { readHealth } = await import('./read-health.ts');
      const checks = await inParallel(objects, REQUESTS_AT_ONCE, (object) => readHealth(object, context, signal));
      const notReady = checks.filter(({ health }) => health.kind !== 'ready');
      watches.keep(
        watchedOf(
          notReady.flatMap(({ watch }) => watch),
          applySetId(target),
        ),
      );
      pauseMs = PAUSE_MS + notReady.length * PAUSE_PER_OBJECT_MS;
      return checks.map(({ health }) => health);
    },
    async changed(longestMs, signal) {
      await watches.next(watches.canWatch ? longestMs : Math.min(longestMs, POLL_MS), signal);
      await wait(Math.min(pauseMs, longestMs), signal);
    },
    async owned(state, signal) {
      const inventory = await readInventory(state.inventory, { files: 'all', have: null }, { store, signal });
      const entries = inventory === null ? [] : entriesOf(inventory);
      return entries
        .filter(({ id }) => needsReadiness({ id, object: null }))
        .map(({ id, apiVersion }) => ({ id, apiVersion, mayVanish: id.kind === 'Job' }));
    },
    read: (signal) => readReadiness(target, connection, signal),
    write: (record, signal) => writeReadiness(record, { target, connection }, signal),
    close: () => watches.close(),
  };
}
