import { setTimeout as pause } from 'node:timers/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { generatedInputs } from './generated.ts';
import { NAMED_INPUTS } from './inputs.ts';
import type { HostileInput } from './inputs.ts';
import { closeReaders, outcomeOf } from './process-input.ts';
import type { Measured } from './measure.ts';

// The process under test: `probe.ts named N` or `probe.ts COUNT SEED`. Writes one line of JSON for each input.
const RESOLUTION_MS = 5;
/** What the event loop waits for on a busy machine varies; what an input makes it wait for does not. */
const TRIES = 3;
const LIMIT_MS = 200;

/** The most memory since the last call, in MB. */
async function peakMb(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  await writeFile('/proc/self/clear_refs', '5');
  return Math.round(kilobytes / 1024);
}

async function measured(name: string, input: HostileInput): Promise<Measured> {
  let best: Measured | null = null;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    // What making the input took does not count, and is returned to the system a little later.
    globalThis.gc?.();
    await pause(50);
    await peakMb();
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    await pause(4 * RESOLUTION_MS);
    delay.reset();
    const beganMs = performance.now();
    const outcome = await outcomeOf(input);
    const tookMs = Math.round(performance.now() - beganMs);
    await pause(4 * RESOLUTION_MS);
    delay.disable();
    const blockedMs = Math.max(0, Math.round(delay.max / 1e6) - RESOLUTION_MS);
    if (best === null || blockedMs < best.blockedMs)
      best = { name, blockedMs, peakMb: await peakMb(), tookMs, outcome };
    if (best.blockedMs <= LIMIT_MS) break;
  }
  if (best === null) throw new Error('nothing was measured');
  return best;
}

const [count = '', seed = ''] = process.argv.slice(2);
const write = (line: Measured) => process.stdout.write(`${JSON.stringify(line)}\n`);
await outcomeOf({ kind: 'file', text: `a: "${'x'.repeat(100_000)}"\n` });
if (count === 'named')
  for (const { name, make } of NAMED_INPUTS.slice(Number(seed), Number(seed) + 1)) write(await measured(name, make()));
else
  for (const [n, make] of generatedInputs(Number(count), Number(seed)).entries()) {
    const input = make();
    write(await measured(`${input.kind} ${n}`, input));
  }
closeReaders();
