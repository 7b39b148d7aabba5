import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

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

/** Gives all named inputs, or generated ones, to a process of their own. Throws if that process ends by itself. */
export async function measureHostile(
  what: 'named' | { readonly count: number; readonly seed: number },
  onMeasured: (measured: Measured) => void = () => undefined,
): Promise<readonly Measured[]> {
  const parameters = what === 'named' ? ['named'] : [String(what.count), String(what.seed)];
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
