import { join } from 'node:path';
import { DeployError } from '../error/deploy-error.ts';
import { renderProblem } from '../desired/plain/tool-error.ts';
import type { ToolResult } from './run-tool.ts';

/** @throws DeployError with the tool's stderr */
export function outputOf(
  result: ToolResult,
  { file, directory, paths }: { file: string; directory: string; paths: ReadonlySet<string> },
): Uint8Array {
  switch (result.kind) {
    case 'output':
      return result.bytes;
    case 'failed': {
      const problem = renderProblem(result.stderr, { file, root: join(directory, 'repository'), paths });
      throw new DeployError(problem.code, problem);
    }
    case 'limit':
      throw new DeployError('render-limit', {
        subject: file,
        message: `rendering was stopped: ${result.reason}`,
        remedy:
          'Look for an infinite loop or a very large file. If it fails only in the function, where renders share the memory, run headgate deploy TARGET.',
      });
    case 'interrupted':
      throw new DeployError('interrupted', {
        subject: file,
        message: 'rendering was interrupted',
        remedy: 'Wait for the next run, which renders it again.',
      });
    default:
      return result satisfies never;
  }
}
