import { afterEach, expect, it } from 'vitest';
import { localRuntime } from '../../../src/app/local/local-runtime.ts';
import type { LocalRuntime } from '../../../src/app/local/local-runtime.ts';
import { writeOutcomes } from '../../../src/app/records/write-outcomes.ts';
import type { Recording } from '../../../src/app/records/write-outcomes.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';
import type { CommitOutcome } from '../../../src/queue/messages/write-request.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { configOf, file } from '../../config/builders.ts';
import { BareRepository, removeRepositories } from '../../git/repository.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';
import type { GitHttpServer } from '../../rig/git-host/http-backend.ts';

const signal = new AbortController().signal;
let server: GitHttpServer;
let runtime: LocalRuntime;

afterEach(async () => {
  runtime.close();
  await server.close();
  removeRepositories();
});

/** A repository with `record: refs` whose pushes the host answers with this status; null: with those of git. */
async function bed({
  status,
  env = { WRITE: 'planted-write-token' },
}: {
  status: number | null;
  env?: NodeJS.ProcessEnv;
}) {
  const repository = new BareRepository();
  server = await startGitServer({
    root: repository.root,
    intercept({ url = '' }, response) {
      if (status === null || !url.includes('git-receive-pack')) return false;
      response.writeHead(status, { 'retry-after': '7' }).end();
      return true;
    },
  });
  const written = `host: git\n    url: ${server.url}/fleet.git\n    write: env:WRITE\n    record: refs`;
  const config = configOf(file({ repository: written }));
  const lines: Parameters<Log>[0][] = [];
  const log: Log = (line) => void lines.push(line);
  runtime = localRuntime({ config, env, log, holder: 'test', progress: () => undefined });
  const fleet = config.repositories.get('fleet');
  if (fleet === undefined) throw new Error('no repository');
  const revision = repository.commit({ a: '1' }) as Revision;
  const at = '2026-11-28T10:00:00.000Z';
  const outcome: CommitOutcome = {
    name: 'prod',
    repository: 'fleet',
    revision,
    isDeployed: true,
    note: 'deployed',
    at,
  };
  const record = (tries: Recording['tries']) => writeOutcomes([outcome], { repository: fleet, runtime, tries }, signal);
  return { repository, revision, lines, record };
}

it('recording outcomes in Git is tried again while the host is away, with a line in the log at first and another at the end', async () => {
  const { lines, record } = await bed({ status: 503 });
  const retry = { kind: 'retry', afterMs: 7000 };
  expect([await record(1), await record(2), await record(19)]).toEqual([retry, retry, retry]);
  expect(lines).toEqual([
    {
      level: 'warn',
      message: 'not-recorded-yet',
      repository: 'fleet',
      targets: ['prod'],
      errors: [expect.objectContaining({ code: 'git-unreachable' })],
    },
  ]);
  expect(await record(20)).toEqual({ kind: 'done' });
  expect(lines.slice(1)).toEqual([expect.objectContaining({ level: 'warn', message: 'not-recorded' })]);
});

it('recording outcomes in Git is tried once without a queue', async () => {
  const { lines, record } = await bed({ status: 503 });
  expect(await record(null)).toEqual({ kind: 'done' });
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: 'not-recorded' })]);
});

it('recording outcomes in Git is not tried again when only a person can fix it', async () => {
  const { lines, record } = await bed({ status: null, env: {} });
  expect(await record(1)).toEqual({ kind: 'done' });
  expect(lines).toEqual([
    expect.objectContaining({ message: 'not-recorded', errors: [expect.objectContaining({ code: 'secret-missing' })] }),
  ]);
  expect(server.requests).toEqual([]);
});

it('outcomes are recorded in Git with one request for the refs and one push', async () => {
  const { repository, revision, lines, record } = await bed({ status: null });
  expect(await record(1)).toEqual({ kind: 'done' });
  expect(repository.git('rev-parse', 'refs/headgate/prod')).toBe(revision);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'debug', message: 'recorded', targets: ['prod'], requests: 2 }),
  ]);
});
