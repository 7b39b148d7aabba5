import type { Repository, ImagePolicy } from '../../config/checked/config.ts';
import type { UpdatePorts } from './ports.ts';
import { recordRef, releaseMessage } from './record.ts';

/** What was released: the repositories in which a version of the image may be written again. */
export type Released = readonly { readonly repository: string; readonly wasWritten: boolean }[];

/** Lets reverted versions of an image be written again. It is recorded in Git, beside what was written. */
export async function releaseImage(
  { policy, by }: { readonly policy: ImagePolicy; readonly by: string },
  ports: Pick<UpdatePorts, 'openReader' | 'openWriter' | 'signerOf' | 'nowMs'>,
  signal: AbortSignal,
): Promise<Released> {
  const repositories = new Map(policy.writes.map(({ repository }) => [repository.name, repository]));
  const released: { repository: string; wasWritten: boolean }[] = [];
  for (const [name, repository] of repositories)
    released.push({ repository: name, wasWritten: await releaseIn(repository, { policy, by, ports }, signal) });
  return released;
}

/** False: nothing was written there yet, so that nothing is held. */
async function releaseIn(
  repository: Repository,
  {
    policy,
    by,
    ports,
  }: {
    readonly policy: ImagePolicy;
    readonly by: string;
    readonly ports: Pick<UpdatePorts, 'openReader' | 'openWriter' | 'signerOf' | 'nowMs'>;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const ref = recordRef(policy.name);
  const reader = await ports.openReader(repository);
  const branches = policy.writes.filter((write) => write.repository.name === repository.name).map((write) => write.ref);
  const tips = await reader.tips([ref, ...branches], signal);
  const tip = tips.get(ref);
  if (tip === undefined) return false;
  const rootTree = await reader.rootTree(tip, signal);
  const writer = await ports.openWriter(repository, 'commit');
  const { author } = policy.commit;
  const message = releaseMessage(
    policy.name,
    by,
    branches.flatMap((branch) => tips.get(branch) ?? []),
  );
  const sign = await ports.signerOf(policy);
  await writer.addRecords([{ ref, tip, rootTree, author, atMs: ports.nowMs(), message, sign }], signal);
  return true;
}
