/** The fields that we use of Lambda's context object. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis: () => number;
  readonly memoryLimitInMB: string;
  /** `arn:aws:lambda:eu-west-1:111122223333:function:headgate-prod-webhook` */
  readonly invokedFunctionArn: string;
}

/** Leaves time to return unfinished messages before Lambda stops the invocation. */
const MARGIN_MS = 8_000;

/** Aborts the work shortly before the invocation times out, so that it can still end in an orderly way. */
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
