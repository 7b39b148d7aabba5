import { change, filesOf } from '../model.ts';
import { pickFrom } from '../random.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

const push = (soak: Soak) => soak.push(change(soak.repository, soak.sources));

/** Drops the latest commits. */
async function forcePush(soak: Soak): Promise<unknown> {
  const { history, sources, git } = soak;
  const back = history.at(-2 - Math.floor(sources.random() * 3));
  if (back === undefined) return push(soak);
  const payload = soak.announcement(back, { tree: null, isForced: true });
  history.splice(history.indexOf(back) + 1);
  git.moveBranch('main', back.revision);
  soak.hasNow(back.repository);
  return sources.random() < 0.25 ? undefined : soak.deliver(payload);
}

async function revert(soak: Soak): Promise<unknown> {
  const back = soak.history.at(-2);
  return back === undefined ? push(soak) : soak.push(back.repository);
}

/** Pushes with git itself, so that the real hook builds the payload. */
async function gitPush(soak: Soak): Promise<void> {
  const { testbed } = soak;
  const repository = change(soak.repository, soak.sources);
  await testbed.git('fetch', '-q', 'origin', 'main');
  await testbed.git('reset', '-q', '--hard', 'FETCH_HEAD');
  const removed = Object.keys(filesOf(soak.repository)).map((path): [string, null] => [path, null]);
  await testbed.writeAll(Object.fromEntries(removed));
  const written = Object.entries(filesOf(repository)).flatMap(([path, content]): [string, string][] =>
    typeof content === 'string' ? [[path, content]] : [],
  );
  const revision = await testbed.push(Object.fromEntries(written));
  soak.history.push({ revision, repository });
  soak.hasNow(repository);
}

/** A line end that changes changes no object. */
async function changeLineEnds(soak: Soak): Promise<unknown> {
  const { repository, sources } = soak;
  const file = pickFrom([...repository.objects.keys()], sources.random) ?? '';
  const windows = new Set(repository.windows);
  if (!windows.delete(file)) windows.add(file);
  return soak.push({ ...repository, windows });
}

export const PUSHES: readonly Operation[] = [
  { name: 'push', weight: 540, run: push },
  { name: 'git push', weight: 50, run: gitPush },
  { name: 'force-push', weight: 65, run: forcePush },
  { name: 'revert', weight: 45, run: revert },
  { name: 'line ends changed', weight: 40, run: changeLineEnds },
];
