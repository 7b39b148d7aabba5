import { translateArgo } from '../argocd/translate-argocd.ts';
import { translateFlux } from '../flux/translate-flux.ts';
import { formatImport } from '../format-import.ts';
import { importReport } from '../import-report.ts';
import type { Imported } from '../imported.ts';
import { listObjects } from '../read/list-objects.ts';
import { readFiles } from '../read/read-files.ts';
import type { FoundForeign } from '../read/read-files.ts';
import { clusterName } from '../../init/names.ts';
import { contextOf, readContexts } from '../../init/read-contexts.ts';
import { refuseInside, writeNew } from '../../init/write-new.ts';
import { loadConfig } from '../../lookup/load-config.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import { openTools } from '../../../sandbox/tools.ts';
import type { BareContext, ExitCode } from '../../terminal/context.ts';

export interface ImportFlags {
  readonly tool: string;
  /** Null: from the cluster. */
  readonly files: readonly string[] | null;
  /** Null: the current one of the kubeconfig. */
  readonly context: string | null;
  /** What HEAD means; null: the branch of the clone, else main. */
  readonly branch: string | null;
  /** Null: `--config`. */
  readonly out: string | null;
}

const TRANSLATIONS = { flux: translateFlux, argocd: translateArgo } as const;

/** Writes a headgate.yml that deploys what another tool deploys, and lists what has no equivalent. */
export async function importCommand(given: BareContext, flags: ImportFlags): Promise<ExitCode> {
  const context = { ...given, configPath: flags.out ?? given.configPath };
  const { tool } = flags;
  if (tool !== 'flux' && tool !== 'argocd') throw unknownTool(tool);
  const contexts = await readContexts(context.env);
  const chosen = contextOf(flags.context ?? contexts.current ?? '', contexts).name;
  const cluster = { kubeconfig: contexts.path, context: chosen };
  const read = await readObjects(context, flags, { ...cluster, tool });
  if (read.clone !== null) refuseInside(read.clone, { ...context, command: `import ${tool}` });
  const imported = TRANSLATIONS[tool]({
    objects: read.objects,
    cluster: clusterName(chosen),
    contexts: contexts.all.map(({ name }) => name),
    clone: read.clone,
    branch: flags.branch ?? read.clone?.branch ?? 'main',
    contents: read.contents,
  });
  const complete = { ...imported, remarks: [...read.remarks, ...imported.remarks] };
  return write(context, complete, { tool, ...cluster });
}

async function write(
  context: BareContext,
  imported: Imported,
  { tool, ...cluster }: { readonly tool: string; readonly kubeconfig: string; readonly context: string },
): Promise<ExitCode> {
  const isEmpty = imported.targets.every(({ isIncomplete }) => isIncomplete);
  if (!isEmpty) await writeNew(context, formatImport(imported, tool, cluster));
  context.print(importReport(imported, { file: isEmpty ? null : context.configPath, format: context.output }));
  if (isEmpty) return 1;
  const loaded = await loadConfig({ path: context.configPath, cwd: context.cwd, env: context.env });
  if (!('problems' in loaded)) return 0;
  for (const problem of loaded.problems) context.log({ level: 'error', message: 'config-invalid', errors: [problem] });
  return 1;
}

async function readObjects(
  context: BareContext,
  { files }: ImportFlags,
  at: Omit<Parameters<typeof listObjects>[0], 'env'>,
): Promise<FoundForeign> {
  const { env, signal, cwd } = context;
  if (files !== null) return readFiles(files, cwd, { tools: openTools(env), signal });
  return { ...(await listObjects({ ...at, env }, signal)), contents: new Map(), clone: null };
}

function unknownTool(tool: string): DeployError {
  return new DeployError('usage', {
    subject: 'headgate import',
    message: `${tool} is not a tool that can be imported`,
    remedy: 'Run headgate import flux, or headgate import argocd.',
  });
}
