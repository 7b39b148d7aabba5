import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findOnPath, findTool, pinnedVersion } from '../../src/sandbox/find-tools.ts';

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

  it('searches the absolute directories on the PATH', async () => {
    program('first/helm', 0o644);
    const helm = program('second/helm');
    const path = ['relative', join(root, 'first'), join(root, 'second')].join(':');
    expect(await findOnPath('helm', { PATH: path })).toBe(helm);
    expect(await findOnPath('helm', { PATH: 'relative' })).toBeNull();
  });

  it('uses no tool but the layer’s in a function, because the sweep takes the version to be that of the layer', async () => {
    program('bin/helm');
    const env = { AWS_LAMBDA_FUNCTION_NAME: 'deploy', PATH: join(root, 'bin') };
    await expect(findTool('helm', env)).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'helm was not found at /opt/helm/helm',
      remedy: expect.stringContaining('headgate bootstrap'),
    });
    expect(pinnedVersion('helm', env)).toBe('v4.2.3');
    expect(pinnedVersion('helm', {})).toBeNull();
  });
});
