import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { headgate } from './headgate.ts';

const COMMANDS = ['serve', 'check', 'plan', 'deploy', 'status', 'sweep', 'uninstall', 'bootstrap', 'connect', 'doctor'];

describe('headgate', () => {
  it('lists its commands with --help, with an example', async () => {
    const { code, stdout, stderr } = await headgate(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const option of ['--config', '--data-dir', '--log-format', '--yes', '--version'])
      expect(stdout).toContain(option);
    expect(stdout).toMatch(/^Examples:\n {2}headgate check$/m);
  });

  it.each(COMMANDS)('%s --help has an example and the options of every command', async (command) => {
    const { code, stdout, stderr } = await headgate([command, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^Examples?:\n  headgate ${command}`, 'm'));
    expect(stdout).toContain('--config <file>');
    expect(stdout.includes('--output <format>')).toBe(command !== 'serve');
  });

  it('prints its version', async () => {
    const expected = { code: 0, stdout: `${manifest.version}\n`, stderr: '' };
    expect(await headgate(['--version'])).toEqual(expected);
  });

  it('shows its help on stderr when nothing was asked', async () => {
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
      'a misspelt option',
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
      'a wrong format',
      ['--log-format', 'xml', 'check'],
      'Allowed choices are pretty, json.',
      'headgate',
      'See headgate --help.',
    ],
    [
      'a wrong output',
      ['check', '--output', 'yaml'],
      'Allowed choices are text, json.',
      'headgate check',
      'See headgate check --help.',
    ],
    ['a wrong port', ['serve', '--port', '65536'], 'from 0 to 65535', 'headgate serve', 'See headgate serve --help.'],
    [
      'a wrong interval',
      ['serve', '--sweep-interval', '0s'],
      'from 1s to 168h',
      'headgate serve',
      'See headgate serve --help.',
    ],
    [
      'a short commit id',
      ['plan', 'a', '--revision', '1a2b3c4'],
      '40 hex digits',
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
      'up to 15 lower-case letters',
      'headgate bootstrap',
      'See headgate bootstrap --help.',
    ],
  ])('refuses %s with 64, and says what, where and the remedy', async (_what, args, message, where, remedy) => {
    const { code, stdout, stderr } = await headgate(args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*\n {2}where: {2}.*\n {2}remedy: .*\n$/);
    const [what, place, mend] = stderr.split('\n');
    expect(what).toContain(message);
    expect(place).toBe(`  where:  ${where}`);
    expect(mend).toContain(remedy);
  });

  it('says the same as a JSON line when asked to, also when the command line is wrong', async () => {
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
