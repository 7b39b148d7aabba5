import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN } from '../../rig/programs/headgate.ts';
import { mustRun } from '../../rig/programs/command.ts';
import { file } from '../../config/builders.ts';
import { headgate } from '../headgate.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-completion-'));
  await writeFile(join(directory, 'headgate'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  await chmod(join(directory, 'headgate'), 0o755);
  await writeFile(join(directory, 'headgate.yml'), file({}));
});
afterAll(() => rm(directory, { recursive: true }));

it.each([
  ['headgate pl', ['plan']],
  ['headgate plan ', ['shop-prod']],
  ['headgate plan shop-prod --rev', ['--revision']],
  ['headgate --log-format ', ['pretty', 'json']],
  ['headgate --log-format json status --output=', ['text', 'json']],
  ['headgate connect ', ['fleet', 'lab']],
  ['headgate explain targets.prune.l', ['targets.prune.limit']],
  ['headgate completion ', ['bash', 'zsh', 'fish']],
  ['headgate check ', []],
])('completes `%s` in bash', async (line, expected) => {
  const { stdout: script } = await headgate(['completion', 'bash']);
  const words = line.split(/(=)|\s/).filter((word) => word !== undefined);
  const complete = `${script}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _headgate
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const PATH = `${directory}:${process.env['PATH'] ?? ''}`;
  const stdout = await mustRun('bash', ['-c', complete], { cwd: directory, env: { PATH } });
  expect(
    stdout
      .trim()
      .split('\n')
      .filter((word) => word !== ''),
  ).toEqual(expected);
});

it('completes commands without a headgate.yml, and never the command of the scripts', async () => {
  const { code, stdout } = await headgate(['complete', '--', 'co']);
  expect([code, stdout.split('\n')]).toEqual([0, ['connect', 'completion', '']]);
});

it('names the supported shells for any other one', async () => {
  const { code, stderr } = await headgate(['completion', 'tcsh']);
  expect([code, stderr]).toEqual([64, expect.stringContaining('Use one of bash, zsh, fish.')]);
});
