import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KustomizeBuild, Tools } from '../deploy/ports/tools.ts';
import { findTool, pinnedVersion } from './find-tools.ts';
import type { Environment, FoundTool } from './find-tools.ts';
import type { LayerTool } from './layer.ts';
import { chartDirectory, chartFile, pullChart } from './pull-chart.ts';
import type { RegistryLogin } from './pull-chart.ts';
import { inPrivateDirectory, removeAbandoned } from './private-directory.ts';
import { withoutNetwork } from './isolation.ts';
import { runTool } from './run-tool.ts';
import type { ToolLimits, ToolRun } from './run-tool.ts';
import { runTemplate } from './template.ts';
import { MAX_CONCURRENT_RENDERS, renderMemory } from './render-memory.ts';
import { outputOf } from './tool-output.ts';
import { toolVersion } from './tool-version.ts';

/** `changed` overrides the limits of a render. */
export function openTools(
  env: Environment,
  changed: Partial<ToolLimits> = {},
  loginOf: RegistryLogin = () => Promise.resolve(null),
) {
  const limits = { ...renderMemory(env), ...changed };
  const found = new Map<LayerTool, Promise<Required<FoundTool>>>();
  const slot = slots(MAX_CONCURRENT_RENDERS);
  const charts = chartDirectory(env);
  let cleanup: Promise<void> | null = null;
  let isolation: Promise<readonly string[]> | null = null;

  function find(tool: LayerTool): Promise<FoundTool> {
    // Runs once, before the first render. A failure to clean up must not prevent rendering.
    cleanup ??= removeAbandoned(Date.now()).catch(() => undefined);
    const known = found.get(tool) ?? findTool(tool, env);
    found.set(tool, known);
    known.catch(() => found.delete(tool));
    return known;
  }

  function isolated(): Promise<readonly string[]> {
    isolation ??= withoutNetwork();
    return isolation;
  }

  async function toolVersionOf(tool: LayerTool, signal: AbortSignal): Promise<string> {
    const pinned = pinnedVersion(tool, env);
    if (pinned !== null) return pinned;
    const { path, version } = await find(tool);
    if (version !== null) return version;
    const reported = toolVersion(tool, path, signal);
    found.set(
      tool,
      reported.then((known) => ({ path, version: known })),
    );
    return reported;
  }

  return {
    versionOf: (renderer, signal) => toolVersionOf(renderer === 'helm' ? 'helm' : 'kubectl', signal),

    async kustomize(build, signal) {
      const { path: command } = await find('kubectl');
      const helm = build.usesHelm ? (await find('helm')).path : null;
      const paths = new Set(build.files.map(({ path }) => path));
      const wrapper = build.usesRemote ? [] : await isolated();
      return slot(() =>
        inPrivateDirectory(build.files, async (directory) => {
          const run = { ...kustomizeRun(build, { command, helm, directory, env }), isolation: wrapper, limits };
          return outputOf(await runTool(run, signal), { file: build.file, directory, paths });
        }),
      );
    },

    async template(template, signal) {
      const { path: command } = await find('helm');
      const run = { command, charts, isolation: await isolated(), limits };
      return slot(() => runTemplate(template, run, signal));
    },

    async pull(chart, signal) {
      const { path: command } = await find('helm');
      return slot(() => pullChart(chart, { command, charts, path: env['PATH'] ?? '', loginOf }, signal));
    },

    async archive(digest, signal) {
      return readFile(await chartFile(charts, digest), { signal });
    },
  } satisfies Tools;
}

function kustomizeRun(
  { directory: built, loadRestrictor, usesRemote }: KustomizeBuild,
  at: { command: string; helm: string | null; directory: string; env: Environment },
): ToolRun {
  const restrictor = loadRestrictor === 'none' ? 'LoadRestrictionsNone' : 'LoadRestrictionsRootOnly';
  return {
    command: at.command,
    args: [
      'kustomize',
      join(at.directory, 'repository', built),
      `--load-restrictor=${restrictor}`,
      ...(at.helm === null ? [] : ['--enable-helm', `--helm-command=${at.helm}`]),
    ],
    directory: at.directory,
    // With remote bases, and so only for hosts that the target lists: git on the PATH, and network access.
    ...(usesRemote
      ? { env: { PATH: at.env['PATH'] ?? '', HTTP_PROXY: '', HTTPS_PROXY: '', GIT_TERMINAL_PROMPT: '0' } }
      : {}),
  };
}

function slots(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  return async function slot<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
