/** What Lambda says about one invocation, as far as it is used. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis: () => number;
  readonly memoryLimitInMB: string;
}

/** Time to hand back what is under way before Lambda freezes the process for good. */
const MARGIN_MS = 8_000;

/** Works until it is done, or is interrupted while there is still time to say so. */
export async function interruptBefore<T>(
  context: LambdaContext,
  work: (signal: AbortSignal, usableMs: number) => Promise<T>,
): Promise<T> {
  const leftMs = context.getRemainingTimeInMillis();
  const usableMs = Math.max(leftMs - MARGIN_MS, leftMs / 2);
  const interruption = new AbortController();
  const timer = setTimeout(() => interruption.abort(), usableMs);
  try {
    return await work(interruption.signal, usableMs);
  } finally {
    clearTimeout(timer);
  }
}
