import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

it('shows a push, a mistake with its line, a revert, corrected drift and their cost with npm start', async () => {
  const demo = spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), join('test', 'rig', 'demo', 'start.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const shown: string[] = [];
  const ended = new Promise<number | null>((resolve) => demo.once('close', resolve));
  demo.stderr.on('data', (chunk: Buffer) => shown.push(chunk.toString()));
  demo.stdout.on('data', (chunk: Buffer) => {
    shown.push(chunk.toString());
    if (chunk.includes('Ctrl-C stops everything')) demo.kill('SIGTERM');
  });
  expect(await ended).toBe(0);
  const text = shown.join('');
  const PUSH = [
    String.raw`git push    The first version of the shop \([0-9a-f]{12}\)`,
    String.raw`  webhook   authenticated and queued in \d+ ms`,
    String.raw`  deployed  \d created \(.*\)`,
    '  ready     after .*; the commit has a green check',
    String.raw`  cost      \d+ requests to Kubernetes, \d+ to Git \(\d\.\d KB\), \d to the Git host, \d+ ms`,
  ];
  expect(text).toMatch(new RegExp(PUSH.join('\n')));
  expect(text).toMatch(/git push {4}A mistake .*\n.*\n {2}refused {3}apps\/settings\.yaml:\d+: .+\n {2}remedy {4}.+\n/);
  expect(text).toMatch(/git push {4}Revert "A mistake"/);
  expect(text).toMatch(/drift {7}someone deleted the ConfigMap.*\n {2}corrected 1 created\n/);
  expect(text).toMatch(/1\. .*\n2\. .*\n3\. .*/);
  expect(text).not.toContain('{"');
}, 180_000);
