import { EXCLUDABLE } from '../model.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

/** Restarts `serve` with other settings: one file is excluded, or is no longer. */
async function changeSettings(soak: Soak): Promise<void> {
  await soak.testbed.stop();
  soak.isExcluded = !soak.isExcluded;
  soak.settings['exclude'] = soak.isExcluded ? [EXCLUDABLE.slice('apps/'.length)] : [];
  soak.hasNow(soak.repository);
  await soak.testbed.start();
}

export const SETTINGS: readonly Operation[] = [{ name: 'settings changed', weight: 15, run: changeSettings }];
