/** The part of a line of Headgate's log that the demo shows. */
export interface LogEntry {
  readonly message: string;
  readonly url?: string;
  readonly target?: string;
  readonly revision?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly stagesMs?: Readonly<Record<string, number>>;
  readonly created?: number;
  readonly updated?: number;
  readonly pruned?: number;
  readonly requests?: { readonly git?: number; readonly kubernetes?: number; readonly host?: number };
  readonly bytes?: { readonly git?: number };
  readonly errors?: readonly { readonly subject: string; readonly message: string; readonly remedy: string }[];
}

/** What a push led to: the log entries of the webhook, the run and, after a deployment, readiness. */
export interface PushEntries {
  readonly subject: string;
  readonly revision: string;
  readonly received: LogEntry;
  readonly outcome: LogEntry;
  readonly ready: LogEntry | null;
}

const line = (what: string, text: string) => `  ${what.padEnd(9)} ${text}`;

/** A push in five lines: what was pushed, received, done, its readiness or its mistake, and what it cost. */
export function pushLines({ subject, revision, received, outcome, ready }: PushEntries): readonly string[] {
  return [
    `git push    ${subject} (${revision.slice(0, 12)})`,
    line('webhook', `authenticated and queued in ${milliseconds(received)}`),
    ...outcomeLines(outcome, ready),
    line('cost', costOf(outcome)),
  ];
}

function outcomeLines(outcome: LogEntry, ready: LogEntry | null): readonly string[] {
  if (outcome.message === 'deployed') return deployedLines(outcome, ready);
  if (outcome.message === 'unchanged') return [line('unchanged', 'the cluster has what this commit says')];
  return refusedLines(outcome);
}

export function driftLines(what: string, outcome: LogEntry): readonly string[] {
  return [`drift       ${what}`, line('corrected', countsOf(outcome)), line('cost', costOf(outcome))];
}

function deployedLines(outcome: LogEntry, ready: LogEntry | null): readonly string[] {
  const stages = Object.entries(outcome.stagesMs ?? {}).map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`);
  return [
    line('deployed', `${countsOf(outcome)} (${stages.join(', ')})`),
    line(
      'ready',
      ready === null ? 'nothing to wait for' : `after ${milliseconds(ready)}; the commit has a green check`,
    ),
  ];
}

function refusedLines({ message, errors = [] }: LogEntry): readonly string[] {
  const [first] = errors;
  return [
    line(message, first === undefined ? 'without a reason' : `${first.subject}: ${first.message}`),
    line('remedy', first?.remedy ?? ''),
  ];
}

function countsOf({ created = 0, updated = 0, pruned = 0 }: LogEntry): string {
  const counts = Object.entries({ created, updated, deleted: pruned }).filter(([, count]) => count > 0);
  return counts.map(([what, count]) => `${count} ${what}`).join(', ') || 'nothing changed';
}

function costOf({ requests, bytes, durationMs = 0 }: LogEntry): string {
  const { git = 0, kubernetes = 0, host = 0 } = requests ?? {};
  const kilobytes = ((bytes?.git ?? 0) / 1000).toFixed(1);
  return `${kubernetes} ${kubernetes === 1 ? 'request' : 'requests'} to Kubernetes, ${git} to Git (${kilobytes} KB), ${host} to the Git host, ${Math.round(durationMs)} ms`;
}

function milliseconds({ durationMs = 0 }: LogEntry): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}
