import { setTimeout as pause } from 'node:timers/promises';

export const wait = (ms: number, signal: AbortSignal): Promise<void> => pause(ms, undefined, { signal });
