import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringifyJson } from '../resource/json.ts';
import type { HelmTemplate } from '../deploy/ports/tools.ts';
import { inPrivateDirectory } from './private-directory.ts';
import { chartFile } from './pull-chart.ts';
import { runTool } from './run-tool.ts';
import type { ToolRun } from './run-tool.ts';
import { outputOf } from './tool-output.ts';

interface TemplateTools extends Pick<ToolRun, 'command' | 'isolation' | 'limits'> {
  /** Where pulled charts are. */
  readonly charts: string;
}

/** Runs `helm template` without a cluster: the cluster's capabilities are passed as arguments, and `lookup` finds nothing. */
export function runTemplate(
  template: HelmTemplate,
  { command, charts, ...sandbox }: TemplateTools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { chart, files, file, name } = template;
  return inPrivateDirectory(files, async (directory) => {
    const root = join(directory, 'repository');
    const set = join(directory, 'home', 'set.json');
    await writeFile(set, stringifyJson(template.set), { mode: 0o600 });
    const chartPath = 'digest' in chart ? await chartFile(charts, chart.digest) : join(root, chart.directory);
    const args = [
      'template',
      template.release,
      chartPath,
      `--namespace=${template.namespace}`,
      '--include-crds',
      `--kube-version=${template.version}`,
      `--api-versions=${template.apiVersions.join(',')}`,
      ...[...template.values.map((path) => join(root, path)), set].map((path) => `--values=${path}`),
    ];
    const end = await runTool({ command, args, directory, ...sandbox }, signal);
    const paths = new Set(files.map((each) => each.path));
    const stderr = end.kind === 'failed' && 'directory' in chart ? withPaths(end.stderr, name, chart.directory) : null;
    return outputOf(stderr === null ? end : { kind: 'failed', stderr }, { file, directory, paths });
  });
}

/** Helm calls a template `<chart>/templates/x.yaml`, whatever the chart's directory: replaces that with its path in the repository. */
function withPaths(stderr: string, name: string, directory: string): string {
  if (name === '') return stderr;
  const prefix = directory === '' ? '' : `${directory}/`;
  return ['templates', 'charts'].reduce(
    (text, folder) =>
      text.replaceAll(new RegExp(`(?<![\\w/.-])${RegExp.escape(name)}/${folder}/`, 'g'), `${prefix}${folder}/`),
    stderr,
  );
}
