/** A report that is sent while the run works. */
export interface BackgroundReport {
  readonly send: () => void;
  /** Ends when the report has arrived, or at once if it was not sent. */
  readonly arrived: () => Promise<void>;
}

/** Null: there is nothing to report. */
export function backgroundReport(report: (() => Promise<unknown>) | null): BackgroundReport {
  let sent: Promise<unknown> | null = null;
  return {
    send() {
      sent ??= report?.() ?? null;
      // It may fail long before the work ends, and a failure without a handler would end the process.
      sent?.catch(() => undefined);
    },
    async arrived() {
      await sent;
    },
  };
}

/** Works while a report is sent. When this ends, even with an error, the report has arrived, so that it overtakes no later one. */
export async function during<T>({ arrived }: BackgroundReport, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await arrived();
  }
}
