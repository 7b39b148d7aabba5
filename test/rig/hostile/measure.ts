import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NAMED_INPUTS } from './inputs.ts';

export interface Measured {
  readonly name: string;
  /** How long the event loop did nothing else. */
  readonly blockedMs: number;
  readonly peakMb: number;
  readonly tookMs: number;
  readonly outcome: string;
}

/** No input may exceed them. */
export const HOSTILE_LIMITS = { blockedMs: 200, peakMb: 512 };

const PROBE = fileURLToPath(new URL('probe.ts', import.meta.url));

type OnMeasured = (measured: Measured) => void;

/** Gives each named input to a new process. Throws if a process ends by itself. */
export async function measureNamed(onMeasured: OnMeasured = () => undefined): Promise<readonly Measured[]> {
  const all: Measured[] = [];
  for (const n of NAMED_INPUTS.keys()) all.push(...(await measuredBy(['named', String(n)], onMeasured)));
  return all;
}

/** Gives generated inputs to one process. */
export function measureGenerated(
  { count, seed }: { readonly count: number; readonly seed: number },
  onMeasured: OnMeasured = () => undefined,
): Promise<readonly Measured[]> {
  return measuredBy([String(count), String(seed)], onMeasured);
}

async function measuredBy(parameters: readonly string[], onMeasured: OnMeasured): Promise<readonly Measured[]> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', PROBE, ...parameters],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const all: Measured[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const measured = JSON.parse(line) as Measured;
    all.push(measured);
    onMeasured(measured);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the process ended with ${code} after ${all.at(-1)?.name ?? 'its start'}`);
  return all;
}

export function exceeds({ blockedMs, peakMb }: Measured): boolean {
  return blockedMs > HOSTILE_LIMITS.blockedMs || peakMb > HOSTILE_LIMITS.peakMb;
}
