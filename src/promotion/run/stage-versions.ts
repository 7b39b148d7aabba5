import type { Carry } from '../../config/checked/config.ts';
import type { Carried, LeftOut } from '../carry/carried.ts';
import { carriedImages } from '../carry/images.ts';
import { carriedPaths } from '../carry/paths.ts';
import type { PromotionPorts } from './ports.ts';
import { readPaths, readTexts, soughtIn, withReferences } from './read-stage-files.ts';
import type { StageAt } from './read-stage-files.ts';

/** What a stage has of what the promotion carries, at one commit. */
export async function versionsAt(
  at: StageAt,
  { carry, ports }: { readonly carry: Carry; readonly ports: Pick<PromotionPorts, 'readers' | 'images'> },
  signal: AbortSignal,
): Promise<{ readonly carried: readonly Carried[]; readonly leftOut: readonly LeftOut[] }> {
  if (carry.kind === 'images') {
    const { texts } = await readTexts(at, signal);
    const sought = await soughtIn(texts, ports, signal);
    return carriedImages(await withReferences(texts, sought, { ports, signal }));
  }
  const rootTree = await at.reader.rootTree(at.revision, signal);
  return carriedPaths(await readPaths(at, { rootTree, carry }, { ports, signal }));
}
