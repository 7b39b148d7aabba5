import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringifyJson } from '../../resource/json.ts';
import type { HelmTemplate } from '../../deploy/ports/tools.ts';
import { inPrivateDirectory } from './private-directory.ts';
import { chartFile } from './pull-chart.ts';
import { runTool } from './run-tool.ts';
import type { ToolLimits } from './run-tool.ts';
import { outputOf } from './tool-output.ts';

/** `helm template` on these files and no cluster: what it would ask of one comes in as arguments, and `lookup` finds nothing. */
export function runTemplate(
  template: HelmTemplate,
  { command, charts, limits }: { command: string; charts: string; limits: Partial<ToolLimits> },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { chart, files, file, name } = template;
  return inPrivateDirectory(files, async (directory) => {
    const root = join(directory, 'repository');
    const set = join(directory, 'home', 'set.json');
    await writeFile(set, stringifyJson(template.set), { mode: 0o600 });
    const place = 'digest' in chart ? await chartFile(charts, chart.digest) : join(root, chart.directory);
    const args = [
      'template',
      template.release,
      place,
      `--namespace=${template.namespace}`,
      '--include-crds',
      `--kube-version=${template.version}`,
      `--api-versions=${template.apiVersions.join(',')}`,
      ...[...template.values.map((path) => join(root, path)), set].map((path) => `--values=${path}`),
    ];
    const end = await runTool({ command, args, directory, limits }, signal);
    const paths = new Set(files.map((each) => each.path));
    const named = end.kind === 'failed' && 'directory' in chart ? inRepository(end.words, name, chart.directory) : null;
    return outputOf(named === null ? end : { kind: 'failed', words: named }, { file, directory, paths });
  });
}

/** Helm calls a template `<chart>/templates/x.yaml`, wherever the chart lies. */
function inRepository(words: string, name: string, directory: string): string {
  if (name === '') return words;
  const prefix = directory === '' ? '' : `${directory}/`;
  return ['templates', 'charts'].reduce(
    (text, folder) =>
      text.replaceAll(new RegExp(`(?<![\\w/.-])${RegExp.escape(name)}/${folder}/`, 'g'), `${prefix}${folder}/`),
    words,
  );
}
