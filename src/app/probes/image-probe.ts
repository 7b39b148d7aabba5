import { chooseFrom } from '../../images/choose-from.ts';
import type { Registry } from '../../images/ports.ts';
import type { Probe } from './probe.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** Reads the tags of an image, and says which one is wanted. A policy that no tag fulfills yet is not an error. */
export const imageProbe = (image: ImagePolicy, openRegistry: () => Promise<Registry>): Probe => ({
  kind: 'image',
  name: image.name,
  async run(signal) {
    const choice = await chooseFrom(await openRegistry(), image, signal);
    return choice.kind === 'chosen' ? `wants ${choice.tag}` : choice.reason;
  },
});
