import { openNamespacesOf } from '../../app/preview-context.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { ClusterConfig, Config, Preview } from '../../config/checked/config.ts';
import { previewTarget } from '../../config/templates/preview-target.ts';
import type { PreviewNamespace } from '../../deploy/ports/previews/preview-namespaces.ts';
import { uninstallHint } from '../../deploy/prepare/uninstall-hint.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { isOf, recordedTarget } from './find-preview.ts';
import { readStatus } from './read-fleet.ts';
import type { TargetStatus } from './read-fleet.ts';

export interface PreviewStatus extends TargetStatus {
  readonly namespace: PreviewNamespace;
}

/** A namespace whose entry of `previews` is no longer in headgate.yml. */
export interface LeftPreview {
  readonly namespace: PreviewNamespace;
  /** Removes it; complete, to be pasted. */
  readonly command: string;
}

export interface FoundPreviews {
  readonly rows: readonly PreviewStatus[];
  readonly left: readonly LeftPreview[];
  /** Why something is missing. */
  readonly problems: readonly Problem[];
}

/** The previews that exist, by one list in each cluster that has any, and their states. */
export async function readPreviews(runtime: LocalRuntime, signal: AbortSignal): Promise<FoundPreviews> {
  const { previews } = runtime.config;
  const clusters = Map.groupBy(previews, ({ cluster }) => cluster);
  const found = await Promise.all(
    [...clusters].map(([cluster, entries]) => readCluster(cluster, entries, { runtime, signal })),
  );
  const rows = found.flatMap((each) => each.rows);
  const unread = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return {
    rows: rows.toSorted((a, b) => a.target.name.localeCompare(b.target.name, 'en', { numeric: true })),
    left: found.flatMap((each) => each.left),
    problems: [...unread, ...found.flatMap((each) => each.problems)],
  };
}

async function readCluster(
  cluster: ClusterConfig,
  entries: readonly Preview[],
  { runtime, signal }: { readonly runtime: LocalRuntime; readonly signal: AbortSignal },
): Promise<FoundPreviews> {
  try {
    const [first] = entries;
    if (first === undefined) return NO_PREVIEWS;
    const namespaces = await openNamespacesOf(previewTarget(first, { number: 0, branch: '', sha: '' }), runtime);
    const all = await namespaces.list(signal);
    const own = all.flatMap((namespace) => {
      const preview = entries.find((each) => isOf(each, namespace));
      return preview === undefined ? [] : [{ namespace, target: recordedTarget(preview, namespace) }];
    });
    const rows = own.map(async ({ namespace, target }) => {
      return { namespace, ...(await readStatus(target, [], { runtime, signal })) };
    });
    const left = all.filter((namespace) => !namespace.isTerminating && isLeft(namespace, runtime.config));
    return { rows: await Promise.all(rows), left: left.map((each) => leftIn(cluster, each)), problems: [] };
  } catch (thrown) {
    return { ...NO_PREVIEWS, problems: [asDeployError(thrown).problem] };
  }
}

export const NO_PREVIEWS: FoundPreviews = { rows: [], left: [], problems: [] };

/** Is it of a repository in this file, but of no entry? Another installation may share the cluster. */
function isLeft(namespace: PreviewNamespace, { previews, repositories }: Config): boolean {
  const isKnown = [...repositories.values()].some(({ url }) => url === namespace.record.repository);
  return isKnown && !previews.some((each) => isOf(each, namespace));
}

function leftIn(cluster: ClusterConfig, namespace: PreviewNamespace): LeftPreview {
  const { name } = namespace;
  return { namespace, command: uninstallHint({ name, cluster, namespace: name }) };
}
