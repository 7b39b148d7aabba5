import type { Repository, ImagePolicy } from '../../config/checked/config.ts';
import type { Readers } from '../../deploy/ports/tools.ts';
import type { Registry } from '../../images/ports.ts';
import { emptyMemory } from '../../images/update/branch-memory.ts';
import type { BranchMemory } from '../../images/update/branch-memory.ts';
import type { UpdatePorts } from '../../images/update/ports.ts';
import { releaseImage } from '../../images/update/release.ts';
import type { Released } from '../../images/update/release.ts';
import { updateBranch } from '../../images/update/update-branch.ts';
import type { Updated } from '../../images/update/update-branch.ts';
import type { WriteGroup } from '../../images/update/write-group.ts';
import { reporter } from '../../deploy/report/reporter.ts';
import { openSigner } from './open-signer.ts';
import type { SecretSources } from '../secrets.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { openApiWriterOf, openProposalsOf, openWriterOf, recordTrustOf, withSignatures } from '../git-writers.ts';

export interface UpdatesOptions {
  readonly runtime: AppRuntime & { readonly secrets: SecretSources; readonly loadReaders: () => Promise<Readers> };
  /** Opened for each update, because it keeps tokens. */
  readonly openRegistry: () => Registry;
}

/** Writes the wanted versions of images to their branches. It remembers what it has read of a branch. */
export interface Updates {
  update(group: WriteGroup, signal: AbortSignal): Promise<Updated>;
  /** Lets reverted versions of an image be written again. */
  release(policy: ImagePolicy, by: string, signal: AbortSignal): Promise<Released>;
}

export function openUpdates({ runtime, openRegistry }: UpdatesOptions): Updates {
  const memories = new Map<string, BranchMemory>();
  const { log, nowMs, wait, channels } = runtime;

  const trust = recordTrustOf(runtime);

  const openWriter: UpdatePorts['openWriter'] = async (repository, via) => {
    const open = via === 'api' ? openApiWriterOf : openWriterOf;
    return withSignatures(await open(repository, runtime), repository, runtime);
  };

  const openProposals = (repository: Repository) => openProposalsOf(repository, runtime);

  const signerOf: UpdatePorts['signerOf'] = (policy) => openSigner(policy, runtime.secrets);

  const report: UpdatePorts['report'] = async (event, { name, repository }, signal) => {
    const requestedAt = new Date(nowMs()).toISOString();
    const { notify } = repository;
    const subject = { target: name, repository: repository.name, delivery: 'images', notify, requestedAt };
    await reporter(channels, { subject, log }).report(event, signal);
  };

  return {
    async update(group, signal) {
      const memory = memories.get(group.name) ?? emptyMemory();
      memories.set(group.name, memory);
      const registry = openRegistry();
      const readers = await runtime.loadReaders();
      const write = { openWriter, openProposals, signerOf, trust };
      const ports = { registry, readers, openReader: runtime.openGit, ...write, report, log, nowMs, wait };
      return updateBranch(group, ports, { memory, signal });
    },
    release: (policy, by, signal) =>
      releaseImage({ policy, by }, { openReader: runtime.openGit, openWriter, signerOf, nowMs }, signal),
  };
}
