import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findTool } from '../../src/sandbox/find-tools.ts';

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

describe('finding kubectl and Helm', () => {
  it('prefers the cache to the PATH', async () => {
    const cached = program('cache/kubectl-v1.36.3/kubectl');
    program('bin/kubectl');
    const env = { HEADGATE_CACHE: join(root, 'cache'), PATH: join(root, 'bin') };
    expect(await findTool('kubectl', env)).toEqual({ path: cached, version: 'v1.36.3' });
  });

  it('searches absolute directories on the PATH when there is no layer, and leaves the version unknown', async () => {
    program('first/helm', 0o644);
    const helm = program('second/helm');
    const path = ['relative', join(root, 'first'), join(root, 'second')].join(':');
    expect(await findTool('helm', { AWS_LAMBDA_FUNCTION_NAME: 'deploy', PATH: path })).toEqual({
      path: helm,
      version: null,
    });
  });

  it('reports which tool is missing and where it was searched', async () => {
    await expect(findTool('helm', { AWS_LAMBDA_FUNCTION_NAME: 'deploy', PATH: '' })).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'helm was found neither at /opt/helm/helm nor on the PATH',
    });
  });
});
