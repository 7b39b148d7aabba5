import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { COMPILE_CACHE, MAIN } from '../rig/programs/headgate.ts';
import { run } from '../rig/programs/command.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const CI = join(import.meta.dirname, '..', '..', 'infra', 'ci');
const PLAN = join(CI, 'plan.sh');

let testbed: Testbed;
let env: Readonly<Record<string, string>>;
let good = '';
let bad = '';

beforeAll(async () => {
  testbed = await Testbed.build();
  const config = join(testbed.directory, 'headgate.yml');
  await writeFile(config, testbed.config);
  good = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
  bad = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }).replace('kind:', 'knid:') });
  env = {
    ...testbed.env,
    ...COMPILE_CACHE,
    PATH: process.env['PATH'] ?? '',
    HEADGATE: `${process.execPath} --disable-warning=ExperimentalWarning ${MAIN}`,
    HEADGATE_CONFIG: config,
  };
});
afterAll(() => testbed.tearDown());

const plan = (revision: string, ...targets: readonly string[]) =>
  run('sh', [PLAN, ...targets], { env: { ...env, HEADGATE_REVISION: revision }, timeoutMs: 60_000 });

describe('the CI templates', () => {
  it('succeed for a plan with changes, and fail with the file and line for a refused one', async () => {
    const planned = await plan(good, testbed.namespace);
    expect([planned.code, planned.stdout]).toEqual([0, expect.stringContaining('apps/a.yaml')]);
    const refused = await plan(bad, testbed.namespace);
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([1, expect.stringContaining('apps/a.yaml:')]);
    expect((await plan(good)).code).toBe(64);
    expect(await testbed.configMaps()).toEqual({});
  });

  it('run plan.sh in the GitHub Action, and show the plan of a refused pull request in its summary', async () => {
    const action = parse(await readFile(join(CI, 'action.yml'), 'utf8')) as {
      runs: { steps: { env: Record<string, string>; run: string }[] };
    };
    const [step] = action.runs.steps;
    const summary = join(testbed.directory, 'summary.md');
    const given = { ...env, GITHUB_STEP_SUMMARY: summary, TARGETS: testbed.namespace, SCRIPT: PLAN };
    // As GitHub runs `shell: bash`.
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''];
    const runAt = (HEADGATE_REVISION: string) =>
      run('bash', args, { cwd: testbed.directory, env: { ...given, HEADGATE_REVISION }, timeoutMs: 60_000 });
    expect((await runAt(good)).code).toBe(0);
    expect(await readFile(summary, 'utf8')).toContain('apps/a.yaml');
    expect((await runAt(bad)).code).toBe(1);
    expect(await readFile(summary, 'utf8')).toContain(`at ${bad}`);
    expect(Object.keys(step?.env ?? {}).every((name) => name in given || name in { HEADGATE_REVISION: '' })).toBe(true);
    // An input inside the script would be run as a part of it.
    expect(step?.run).not.toContain('${{');
  });

  it('run plan.sh in the GitLab component', async () => {
    const [, job] = parseAllDocuments(await readFile(join(CI, 'gitlab.yml'), 'utf8')).map(
      (document) => document.toJS() as Record<string, { script: string[] }>,
    );
    const script = job?.['headgate-plan']?.script.join('\n') ?? '';
    const given = { ...env, TARGETS: testbed.namespace, HEADGATE_REVISION: bad };
    const { code } = await run('sh', ['-ec', script], { cwd: CI, env: given, timeoutMs: 60_000 });
    expect(code).toBe(1);
  });
});
