import { setFlagsFromString } from 'node:v8';

/**
 * Limits the memory of a run to about twice its live heap. A first deploy of 10,000 objects keeps 100 MB alive, and V8 lets
 * the heap grow to four times that before it collects: 480 MB resident, which a function would have to be sized for. With
 * these flags it is 200 MB, for a third more CPU time on such a deploy and none on a push (docs/benchmarks.md). V8 reads
 * both at every collection, so they can be set while it runs; NODE_OPTIONS accepts neither.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--semi-space-growth-factor=1');
}
