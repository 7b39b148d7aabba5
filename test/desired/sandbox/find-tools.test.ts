import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findTool } from '../../../src/desired/sandbox/find-tools.ts';

const root = mkdtempSync(join(tmpdir(), 'headgate-tools-'));

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function program(path: string, mode = 0o755): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  return file;
}

describe('where kubectl and Helm are', () => {
  it('takes the cache before the PATH', async () => {
    const ours = program('cache/kubectl-v1.36.3/kubectl');
    program('bin/kubectl');
    const env = { HEADGATE_CACHE: join(root, 'cache'), PATH: join(root, 'bin') };
    expect(await findTool('kubectl', env)).toEqual({ path: ours, version: 'v1.36.3' });
  });

  it('takes the PATH where there is no layer, absolute directories alone, and has to ask for its version', async () => {
    program('first/helm', 0o644);
    const helm = program('second/helm');
    const path = ['relative', join(root, 'first'), join(root, 'second')].join(':');
    expect(await findTool('helm', { AWS_LAMBDA_FUNCTION_NAME: 'deploy', PATH: path })).toEqual({
      path: helm,
      version: null,
    });
  });

  it('says what is missing and where it was looked for', async () => {
    await expect(findTool('helm', { AWS_LAMBDA_FUNCTION_NAME: 'deploy', PATH: '' })).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'helm is neither in /opt/helm/helm nor on the PATH',
    });
  });
});
