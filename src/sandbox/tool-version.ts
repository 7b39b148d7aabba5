import { beginningOf } from '../error/cut-text.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { LayerTool } from './layer.ts';
import { inPrivateDirectory } from './private-directory.ts';
import { runTool } from './run-tool.ts';

/** The version of a tool found on the PATH. */
export async function toolVersion(tool: LayerTool, path: string, signal: AbortSignal): Promise<string> {
  const args = tool === 'helm' ? ['version', '--short'] : ['version', '--client'];
  const end = await inPrivateDirectory([], (directory) => runTool({ command: path, args, directory }, signal));
  const version = end.kind === 'output' ? /v\d+\.\d+\.\d+/.exec(end.bytes.toString())?.[0] : undefined;
  if (version !== undefined) return version;
  throw new DeployError('tool-missing', {
    subject: path,
    message: `does not print its version${end.kind === 'failed' ? `: ${beginningOf(end.stderr, 200)}` : ''}`,
    remedy: `Install a working ${tool} on the PATH of the Headgate process.`,
  });
}
