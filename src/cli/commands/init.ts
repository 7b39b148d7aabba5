import { resolve } from 'node:path';
import { DeployError } from '../../error/deploy-error.ts';
import { findTargets } from '../init/find-targets.ts';
import type { FoundInClone } from '../init/find-targets.ts';
import { formatConfig, variableOf } from '../init/format-config.ts';
import type { InitialConfig } from '../init/format-config.ts';
import { clusterName, hostOfUrl, repositoryName } from '../init/names.ts';
import { readClone } from '../init/read-clone.ts';
import type { Clone } from '../init/read-clone.ts';
import { contextOf, readContexts } from '../init/read-contexts.ts';
import { refuseInside, writeNew } from '../init/write-new.ts';
import { loadConfig } from '../lookup/load-config.ts';
import type { BareContext, Context, ExitCode } from '../terminal/context.ts';
import { checkCommand } from './check.ts';
import { planCommand } from './plan.ts';

/** Null: prompted for on a terminal, else the default. */
export interface InitFlags {
  /** The clone of the repository of manifests. */
  readonly directory: string;
  readonly context: string | null;
  readonly namespace: string | null;
  readonly branch: string | null;
  readonly url: string | null;
}

/** Writes a headgate.yml for a clone, then checks it and plans its targets. */
export async function initCommand(context: BareContext, flags: InitFlags): Promise<ExitCode> {
  const clone = await readClone(resolve(context.cwd, flags.directory), context.signal);
  refuseInside(clone, { ...context, command: 'init' });
  const found = findTargets(clone.files);
  if (found.targets.length === 0) throw nothingFound(clone, found);
  const initial = await initialConfig(context, flags, { clone, found });
  await writeNew(context, formatConfig(initial));
  context.print(summary(context, initial, found));

  const loaded = await loadConfig({ path: context.configPath, cwd: context.cwd, env: context.env });
  if ('problems' in loaded) {
    // The file exists from here on, so its mistakes can be corrected by hand.
    for (const { subject, message, remedy } of loaded.problems) context.print(`${subject}: ${message}. ${remedy}`);
    return 1;
  }
  const code = await checkAndPlan({ ...context, config: loaded.config });
  context.print(nextSteps(context, initial));
  return code;
}

async function checkAndPlan(context: Context): Promise<ExitCode> {
  if ((await checkCommand(context)) !== 0) return 1;
  let code: ExitCode = 0;
  for (const target of context.config.targets) {
    context.print(`\n${target.name}:`);
    if ((await planCommand(context, { target, revision: null, checkout: null, format: context.output })) === 1)
      code = 1;
  }
  return code;
}

interface Found {
  readonly clone: Clone;
  readonly found: FoundInClone;
}

async function initialConfig(context: BareContext, flags: InitFlags, { clone, found }: Found): Promise<InitialConfig> {
  const contexts = await readContexts(context.env);
  const name = flags.context ?? (await answer(context, 'Context of the kubeconfig', contexts.current));
  const chosen = contextOf(name, contexts);
  const url = flags.url ?? clone.url ?? (await answer(context, 'URL of the repository', null));
  const branch = flags.branch ?? (await answer(context, 'Branch to deploy', clone.branch));
  const namespace =
    flags.namespace ??
    (found.targets.every((target) => target.namespace !== null)
      ? (chosen.namespace ?? 'default')
      : await answer(context, 'Namespace for objects without one', chosen.namespace ?? 'default'));
  return {
    repository: { name: repositoryName(url), host: hostOfUrl(url), url },
    cluster: { name: clusterName(chosen.name), kubeconfig: contexts.path, context: chosen.name },
    branch,
    namespace,
    targets: found.targets,
  };
}

/** Prompts on a terminal; Enter, and no terminal, take the default. */
async function answer({ ask, isConfirmed }: BareContext, question: string, byDefault: string | null): Promise<string> {
  const shown = byDefault === null ? '' : ` [${byDefault}]`;
  const typed = ask === null || isConfirmed ? '' : (await ask(`${question}${shown}: `)).trim();
  const chosen = typed === '' ? byDefault : typed;
  if (chosen !== null) return chosen;
  throw new DeployError('usage', {
    subject: 'headgate init',
    message: `no answer to: ${question}`,
    remedy: 'Pass --context, --url, --branch or --namespace; headgate init --help shows them.',
  });
}

function nothingFound({ root }: Clone, { foreign }: FoundInClone): DeployError {
  return new DeployError('usage', {
    subject: root,
    message: foreign.length === 0 ? 'has no manifests' : `has only objects of Flux or Argo CD: ${foreign.join(', ')}`,
    remedy: 'Pass the clone of a repository with manifests, kustomizations or charts.',
  });
}

function summary({ configPath }: BareContext, { targets }: InitialConfig, { foreign }: FoundInClone): string {
  const lines = targets.map(({ path, renderer }) => `  ${path === '' ? '.' : path} (${renderer})`);
  const ignored =
    foreign.length === 0
      ? []
      : ['Not deployed, because they are objects of another tool:', ...foreign.map((each) => `  ${each}`)];
  return [`Wrote ${configPath} with these targets:`, ...lines, ...ignored, ''].join('\n');
}

function nextSteps({ env }: BareContext, { repository }: InitialConfig): string {
  const variable = variableOf(repository.name);
  const isSet = repository.host === 'git' || env[`${variable}_WEBHOOK_SECRET`] !== undefined;
  const serve = 'headgate serve          # deploys what is pushed';
  const connect = `headgate connect ${repository.name}  # registers the webhook, or prints how`;
  const exported = `export ${variable}_WEBHOOK_SECRET="$(openssl rand -hex 32)" ${variable}_TOKEN=…, then headgate check`;
  return `\nNext:\n  1. ${isSet ? serve : exported}\n  2. ${isSet ? connect : serve}`;
}
