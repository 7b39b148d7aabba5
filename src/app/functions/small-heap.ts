import { setFlagsFromString } from 'node:v8';

/**
 * Bounds what a run takes by what it keeps. A first deploy of 10,000 objects keeps 100 MB alive, and V8 would let its heap
 * grow to four times that before it looks for what it can free: 480 MB resident, which a function has to be sized for. With
 * these it is 200 MB, for a third more processor time on such a deploy and none on a push (docs/benchmarks.md). Both are
 * read at every collection, so they may be set while V8 runs; NODE_OPTIONS takes neither.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--semi-space-growth-factor=1');
}
