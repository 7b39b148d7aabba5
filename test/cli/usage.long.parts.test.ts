import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { headgate } from './headgate.ts';

const COMMANDS = [
  'serve',
  'http-host',
  'check',
  'plan',
  'deploy',
  'status',
  'sweep',
  'uninstall',
  'hold',
  'release',
  'rollback',
  'stats',
  'ui',
  'history',
  'diff',
  'images',
  'init',
  'import',
  'bootstrap',
  'explain',
  'completion',
  'connect',
  'doctor',
  'secret',
];

describe('headgate', () => {
  it('lists its commands and an example with --help', async () => {
    const { code, stdout, stderr } = await headgate(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const option of ['--config', '--data-dir', '--log-format', '--yes', '--version'])
      expect(stdout).toContain(option);
    expect(stdout).toMatch(/^Examples:\n {2}headgate check$/m);
  });

  it.each(COMMANDS)('shows an example and the global options with %s --help', async (command) => {
    const { code, stdout, stderr } = await headgate([command, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^Examples?:\n  headgate ${command}`, 'm'));
    expect(stdout).toContain('--config <file>');
    expect(stdout.includes('--output <format>')).toBe(command !== 'serve' && command !== 'http-host');
  });

  it('prints its version', async () => {
    const expected = { code: 0, stdout: `${manifest.version}\n`, stderr: '' };
    expect(await headgate(['--version'])).toEqual(expected);
  });

  it('shows its help on stderr when no command is given', async () => {
    const { code, stdout, stderr } = await headgate([]);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: headgate');
  });

  it.each([
    [
      'an unknown command',
      ['depoly'],
      "unknown command 'depoly'",
      'headgate',
      'Did you mean deploy? See headgate --help.',
    ],
    ['an unknown option', ['sweep', '--foo'], "unknown option '--foo'", 'headgate sweep', 'See headgate sweep --help.'],
    [
      'a misspelled option',
      ['plan', 'a', '--revison', 'x'],
      "unknown option '--revison'",
      'headgate plan',
      'Did you mean --revision?',
    ],
    [
      'a missing argument',
      ['deploy'],
      "missing required argument 'target'",
      'headgate deploy',
      'See headgate deploy --help.',
    ],
    [
      'too many arguments',
      ['deploy', 'a', 'b'],
      'too many arguments',
      'headgate deploy',
      'See headgate deploy --help.',
    ],
    [
      'an invalid log format',
      ['--log-format', 'xml', 'check'],
      'Allowed choices are pretty, json.',
      'headgate',
      'See headgate --help.',
    ],
    [
      'an invalid output format',
      ['check', '--output', 'yaml'],
      'Allowed choices are text, json.',
      'headgate check',
      'See headgate check --help.',
    ],
    [
      'an invalid port',
      ['serve', '--port', '65536'],
      'from 0 to 65535',
      'headgate serve',
      'See headgate serve --help.',
    ],
    [
      'an invalid interval',
      ['serve', '--sweep-interval', '0s'],
      'from 1s to 168h',
      'headgate serve',
      'See headgate serve --help.',
    ],
    [
      'an invalid limit of tasks',
      ['http-host', '--task-limit', '0s'],
      'from 1s to 168h',
      'headgate http-host',
      'See headgate http-host --help.',
    ],
    [
      'a short commit id',
      ['plan', 'a', '--revision', '1a2b3c4'],
      '40 or 64 hex digits',
      'headgate plan',
      'See headgate plan --help.',
    ],
    [
      'a negative limit',
      ['deploy', 'a', '--prune-limit=-1'],
      'a whole number',
      'headgate deploy',
      'See headgate deploy --help.',
    ],
    [
      'a stage that is too long for names',
      ['bootstrap', '--stage', 'a-very-long-name-of-a-stage'],
      'up to 15 lowercase letters',
      'headgate bootstrap',
      'See headgate bootstrap --help.',
    ],
  ])(
    'exits with 64 on %s, and prints the error, its subject and a remedy',
    async (_what, args, message, where, remedy) => {
      const { code, stdout, stderr } = await headgate(args);
      expect(code).toBe(64);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^error: .*\n {2}where: {2}.*\n {2}remedy: .*\n$/);
      const [messageLine, whereLine, remedyLine] = stderr.split('\n');
      expect(messageLine).toContain(message);
      expect(whereLine).toBe(`  where:  ${where}`);
      expect(remedyLine).toContain(remedy);
    },
  );

  it('prints a usage error as a JSON line with --log-format json', async () => {
    const { code, stderr } = await headgate(['deploy', '--log-format', 'json']);
    expect(code).toBe(64);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      code: 'usage',
      subject: 'headgate deploy',
      message: "missing required argument 'target'",
      remedy: 'See headgate deploy --help.',
    });
  });
});
