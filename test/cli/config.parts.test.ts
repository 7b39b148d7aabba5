import { describe, expect, it } from 'vitest';
import { file, withTarget } from '../config/builders.ts';
import { headgate } from './headgate.ts';

const BAD = file({
  cluster: 'kubeconfg: {}',
  target: 'repository: flet\n    branch: main\n    cluster: lab\n    namespace: shop',
});

describe('the configuration file', () => {
  it('reports a configuration file that does not exist', async () => {
    const { code, stdout, stderr } = await headgate(['check']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      [
        'error: the configuration file does not exist',
        '  where:  headgate.yml',
        '  remedy: Create headgate.yml, or set --config or HEADGATE_CONFIG to another file.',
        '',
      ].join('\n'),
    );
  });

  it('reports why a configuration file cannot be read', async () => {
    expect(await headgate(['check', '--config', '.'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(EISDIR)'),
    });
  });

  it.each([
    ['./headgate.yml', [], {}, 'headgate.yml'],
    ['$HEADGATE_CONFIG', [], { HEADGATE_CONFIG: 'other.yml' }, 'other.yml'],
    ['--config before the command', ['--config', 'third.yml'], { HEADGATE_CONFIG: 'other.yml' }, 'third.yml'],
  ])(
    'reads the configuration from %s, and reports all of its mistakes with file and line',
    async (_from, args, env, name) => {
      const { code, stderr } = await headgate([...args, 'sweep'], { files: { [name]: BAD }, env });
      expect(code).toBe(1);
      const cluster = `error: kubeconfg of cluster lab is not a known key\n  where:  ${name}:3\n  remedy: Did you mean kubeconfig?\n`;
      const target = `error: repository of target shop-prod refers to unknown repository flet\n  where:  ${name}:11\n  remedy: Did you mean fleet?\n`;
      expect(stderr).toBe(`${cluster}${target}`);
    },
  );

  it('accepts --config after the command too', async () => {
    const { stderr } = await headgate(['sweep', '--config', 'third.yml'], { files: { 'third.yml': BAD } });
    expect(stderr).toContain('third.yml:3');
  });

  it('logs a warning about a key without effect: serve on stdout, the other commands on stderr', async () => {
    const files = { 'headgate.yml': withTarget('role: arn:aws:iam::111122223333:role/shop') };
    const [plan, serve] = await Promise.all([
      headgate(['plan', 'absent', '--log-format', 'json'], { files }),
      headgate(['serve', '--port', '0', '--log-format', 'json'], { files }),
    ]);
    const warning = {
      level: 'warn',
      message: expect.stringMatching(/^headgate\.yml:15: role of target shop-prod has no effect/),
    };
    expect(JSON.parse(plan.stderr.split('\n')[0] ?? '')).toMatchObject(warning);
    expect(JSON.parse(serve.stdout.split('\n')[0] ?? '')).toMatchObject(warning);
    expect(serve.stderr).not.toContain('has no effect');
  });

  it('exits with 64 for an unknown target, and suggests the nearest name', async () => {
    const { code, stderr } = await headgate(['plan', 'shop-prd'], { files: { 'headgate.yml': file({}) } });
    expect(code).toBe(64);
    expect(stderr).toBe(
      'error: no target is named shop-prd\n  where:  headgate.yml\n  remedy: Did you mean shop-prod?\n',
    );
  });
});
