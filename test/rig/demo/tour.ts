import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun } from '../programs/command.ts';
import { driftLines, pushLines } from './lines.ts';
import type { LogEntry } from './lines.ts';
import type { HeadgateLog } from './headgate-log.ts';

export interface Tour {
  /** The clone, which does not exist yet. */
  readonly directory: string;
  readonly url: string;
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly log: HeadgateLog;
  readonly print: (text: string) => void;
}

const SETTINGS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
`;
const EXAMPLE: Readonly<Record<string, string>> = {
  'README.md': 'What is below apps/ runs in the cluster.\n',
  'apps/settings.yaml': SETTINGS,
  'apps/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: example.com/web:1
          envFrom: [{ configMapRef: { name: settings } }]
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
`,
};
const VERDICTS: ReadonlySet<string> = new Set(['deployed', 'unchanged', 'refused', 'partial', 'failed']);

/** Pushes the example, a mistake and its revert, and edits the cluster by hand. Prints what Headgate makes of each. */
export async function takeTour(tour: Tour): Promise<void> {
  await mustRun('git', ['init', '-q', '-b', 'main', tour.directory]);
  await git(tour, 'remote', 'add', 'origin', tour.url);
  await git(tour, 'config', 'user.name', 'you');
  await git(tour, 'config', 'user.email', 'you@example.com');
  await showPush(tour, 'The first version of the shop', EXAMPLE);
  await showPush(tour, 'A mistake', { 'apps/settings.yaml': SETTINGS.replace('greeting: hello', 'greeting: [hello]') });
  await git(tour, 'revert', '--no-edit', 'HEAD');
  await show(tour, 'Revert "A mistake"');
  const edited = tour.log.mark();
  await mustRun(tour.kubectl, ['--kubeconfig', tour.kubeconfig, '-n', 'shop', 'delete', 'configmap', 'settings']);
  const corrected = await tour.log.next(edited, ({ message }) => message === 'deployed');
  tour.print(driftLines('someone deleted the ConfigMap settings by hand', corrected).join('\n'));
}

async function showPush(tour: Tour, subject: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tour.directory, path)), { recursive: true });
    await writeFile(join(tour.directory, path), content);
  }
  await git(tour, 'add', '-A');
  await git(tour, 'commit', '-q', '-m', subject);
  await show(tour, subject);
}

async function show(tour: Tour, subject: string): Promise<void> {
  const { log } = tour;
  const mark = log.mark();
  await git(tour, 'push', '-q', 'origin', 'main');
  const revision = (await git(tour, 'rev-parse', 'HEAD')).trim();
  const ofPush = (entry: LogEntry) => entry.revision === revision;
  const received = await log.next(mark, ({ message, target }) => message === 'receive' && target !== undefined);
  const outcome = await log.next(mark, (entry) => ofPush(entry) && VERDICTS.has(entry.message));
  const ready =
    outcome.message === 'deployed'
      ? await log.next(mark, (entry) => ofPush(entry) && /^(?:not-)?ready$/.test(entry.message))
      : null;
  tour.print(`${pushLines({ subject, revision, received, outcome, ready }).join('\n')}\n`);
}

function git({ directory }: Tour, ...args: readonly string[]): Promise<string> {
  return mustRun('git', ['-C', directory, ...args]);
}
