import type { Neighbors } from '../ports/cluster.ts';
import type { NeighborhoodContext } from './neighborhood.ts';

/** Loaded late and read once per run: few runs prune, or find an object of another target. */
export function openNeighbors(context: NeighborhoodContext): Neighbors {
  let opened: Promise<Neighbors> | null = null;
  const open = (signal: AbortSignal) => (opened ??= openNeighborhood(context, signal));
  return {
    async locations(signal) {
      return (await open(signal)).locations(signal);
    },
    async definitionsOf(left, signal) {
      return (await open(signal)).definitionsOf(left, signal);
    },
    async isBehind(other, files, signal) {
      return (await open(signal)).isBehind(other, files, signal);
    },
    async requestRuns(targets, signal) {
      if (targets.length > 0) await (await open(signal)).requestRuns(targets, signal);
    },
  };
}

async function openNeighborhood(context: NeighborhoodContext, signal: AbortSignal): Promise<Neighbors> {
  const { neighborhoodOf } = await import('./neighborhood.ts');
  return neighborhoodOf(context, signal);
}
