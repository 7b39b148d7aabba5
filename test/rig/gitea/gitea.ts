import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../cluster/control-plane.ts';
import { startChild } from '../programs/child.ts';
import type { Child } from '../programs/child.ts';
import { mustRun } from '../programs/command.ts';
import type { GiteaProgram } from './program.ts';

/** A real Gitea on SQLite, with one administrator. */
export interface Gitea {
  readonly url: string;
  readonly user: string;
  /** Has every scope. */
  readonly token: string;
  /** One request to its API, which has to succeed. */
  api(method: 'DELETE' | 'GET' | 'POST' | 'PATCH', path: string, content?: object): Promise<unknown>;
  /** With the token, for pushes. */
  pushUrl(fullName: string): string;
  close(): Promise<void>;
}

const USER = 'robot';

export async function startGitea({ program, files }: GiteaProgram, directory: string): Promise<Gitea> {
  await mkdir(directory, { recursive: true });
  const [port = 0] = await freePorts(1);
  const config = join(directory, 'app.ini');
  const url = `http://127.0.0.1:${port}`;
  await writeFile(config, settings({ url, port, directory, files }));
  const command = (...args: readonly string[]) => [program, '--config', config, '--work-path', directory, ...args];
  const admin = (...args: readonly string[]) => mustRun(program, command(...args).slice(1));
  await admin('migrate');
  const account = ['--username', USER, '--password', 'planted-password-0123', '--email', 'robot@example.com'];
  await admin('admin', 'user', 'create', ...account, '--admin', '--must-change-password=false');
  const tokens = ['--username', USER, '--token-name', 'tests', '--scopes', 'all', '--raw'];
  const printed = await admin('admin', 'user', 'generate-access-token', ...tokens);
  // Its log is in the same output.
  const [token = ''] = /^[0-9a-f]{40}$/m.exec(printed) ?? [];
  const child = startChild('gitea', command('web'), join(directory, 'gitea.log'));
  await ready(url, child);
  return {
    url,
    user: USER,
    token,
    api: (method, path, content) => callApi(`${url}/api/v1${path}`, { method, token, content }),
    pushUrl: (fullName) => `http://${USER}:${token}@127.0.0.1:${port}/${fullName}.git`,
    close: () => child.stop(),
  };
}

const START_MS = 60_000;

async function ready(url: string, child: Child): Promise<void> {
  const untilMs = Date.now() + START_MS;
  for (;;) {
    const isUp = await fetch(`${url}/api/v1/version`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode() !== null || Date.now() > untilMs) {
      throw new Error(`gitea did not start: ${await child.lastOutput()}`);
    }
    await pause(100);
  }
}

async function callApi(
  url: string,
  { method, token, content }: { method: string; token: string; content: object | undefined },
): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  // A merge is answered without a body.
  return text === '' ? null : (JSON.parse(text) as unknown);
}

function settings({
  url,
  port,
  directory,
  files,
}: {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly files: string | null;
}): string {
  return `
APP_NAME = Gitea
RUN_USER = ${userInfo().username}
RUN_MODE = prod
# CI may run as root.
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
DISABLE_SSH = true
OFFLINE_MODE = true
${files === null ? '' : `STATIC_ROOT_PATH = ${files}`}
[database]
DB_TYPE = sqlite3
PATH = ${join(directory, 'gitea.db')}
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
[webhook]
ALLOWED_HOST_LIST = loopback
[actions]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[log]
LEVEL = Warn
`;
}
