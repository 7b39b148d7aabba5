import { describe, expect, it } from 'vitest';
import { configOf, errorsOf, file, withTarget } from './builders.ts';

const GITHUB = ['host: github', 'url: https://github.com/acme/fleet.git', 'webhookSecret: env:FLEET_WEBHOOK_SECRET'];

function repository(lines: readonly string[], { end = '', host = GITHUB } = {}): string {
  return file({ repository: [...host, ...lines].join('\n    '), end });
}

describe('pullRequests of a repository', () => {
  it('plans nothing unless it is written', () => {
    expect(configOf(file({})).repositories.get('fleet')?.pullRequests).toEqual({
      plan: false,
      comment: true,
      forks: false,
      serviceAccount: null,
      approvers: [],
    });
    expect(configOf(file({})).keys).toEqual([]);
  });

  it('lists all the mistakes of a plan at once, each with its line and remedy', () => {
    const written = ['statuses: false', 'pullRequests:', '  plan: true', '  comment: false', '  forks: true'];
    expect(errorsOf(repository(written))).toEqual([
      expect.stringMatching(/^headgate\.yml:11 pullRequests\.plan of repository fleet requires key, .*\| Add key/),
      expect.stringMatching(/^headgate\.yml:11 .*requires credentials, .*\| Add credentials: env:FLEET_TOKEN/),
      expect.stringMatching(/^headgate\.yml:11 .*would be shown nowhere: .*\| Remove comment: false/),
      expect.stringMatching(/^headgate\.yml:13 pullRequests\.forks .*requires serviceAccount.*\| Add serviceAccount/),
    ]);
  });

  it('is refused where Headgate reads no pull requests', () => {
    const host = ['host: git', 'url: https://git.example.com/fleet.git'];
    const text = repository(['credentials: env:TOKEN', 'pullRequests: { plan: true }'], { host, end: 'key: env:KEY' });
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/^headgate\.yml:9 pullRequests\.plan of repository fleet cannot be true with host: git/),
    ]);
  });

  it('warns about settings that only a plan uses', () => {
    const text = repository(['pullRequests: { forks: true, approvers: [ann] }']);
    expect(configOf(text).warnings).toEqual([
      'headgate.yml:9: pullRequests of repository fleet has no effect without plan: true: forks. Add plan: true, or remove it.',
    ]);
  });

  it('takes the number of an account for an approver', () => {
    const { repositories } = configOf(repository(['pullRequests: { approvers: [id:583231, ann] }']));
    expect(repositories.get('fleet')?.pullRequests.approvers).toEqual(['id:583231', 'ann']);
  });

  it.each(['"@ann"', 'acme/platform', '"a b"', '""', '"ann,bob"', 'id:0', 'id:ann', 'ID:7'])(
    'refuses the approver %s',
    (approver) => {
      expect(errorsOf(repository([`pullRequests: { approvers: [${approver}] }`]))).toEqual([
        expect.stringMatching(
          /^headgate\.yml:9 pullRequests\.approvers\[0\] of repository fleet is not a valid user name or id \| .*without @/,
        ),
      ]);
    },
  );
});

describe('approval of a target', () => {
  it('requires the key that signs it, and is none unless it is written', () => {
    expect(configOf(file({})).targets[0]?.approval).toBe('none');
    expect(errorsOf(withTarget('approval: plan'))).toEqual([
      expect.stringMatching(
        /^headgate\.yml:15 approval of target shop-prod requires key, .* \| Add key: env:HEADGATE_KEY/,
      ),
    ]);
    expect(errorsOf(withTarget('approval: always'))).toEqual([
      expect.stringMatching(/^headgate\.yml:15 approval of target shop-prod must be none or plan/),
    ]);
  });
});

describe('key of headgate.yml', () => {
  it('is a reference, or a list of them while it is rotated', () => {
    expect(configOf(file({ end: 'key: env:KEY' })).keys).toEqual([{ kind: 'env', name: 'KEY' }]);
    expect(configOf(file({ end: 'key: [env:NEW, ssm:/old]' })).keys).toEqual([
      { kind: 'env', name: 'NEW' },
      { kind: 'ssm', name: '/old' },
    ]);
  });

  it.each([
    ['hunter2-hunter2', /^headgate\.yml:15 key of the file must be a reference to a secret, never the secret itself/],
    ['[env:KEY, hunter2]', /^headgate\.yml:15 key\[1\] of the file must be a reference/],
    ['[]', /^headgate\.yml:15 key of the file is empty \| Write key: env:HEADGATE_KEY/],
    ['', /^headgate\.yml:15 key of the file must be a reference/],
  ])('is refused as %s', (written, error) => {
    expect(errorsOf(file({ end: `key: ${written}` }))).toEqual([expect.stringMatching(error)]);
  });
});
