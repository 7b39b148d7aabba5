import type { Window } from '../config/windows/window.ts';

/** Why a target with these windows may not deploy now; null: it may. Without windows, nothing is loaded for it. */
export async function whyClosed(windows: readonly Window[], nowMs: number): Promise<string | null> {
  if (windows.length === 0) return null;
  const { reasonWhileClosed } = await import('./describe.ts');
  return reasonWhileClosed(windows, nowMs);
}
