import { describe, expect, it } from 'vitest';
import type { Limit } from '../../../src/error/cut-text.ts';
import type { PlannedChange } from '../../../src/deploy/show/shown-plan.ts';
import { formatComment, withNote } from '../../../src/pulls/comment/plan-comment.ts';
import type { PlanComment, TargetPlan } from '../../../src/pulls/comment/plan-comment.ts';
import { aChange, aPlan } from '../../deploy/show/builders.ts';

const LIMIT: Limit = { length: 65_536, lengthOf: (text) => text.length };
const HEAD = 'c'.repeat(40);
const TIP = 'd'.repeat(40);
const problem = {
  code: 'manifest-invalid',
  subject: 'apps/a.yaml:3',
  message: 'is not YAML',
  remedy: 'Fix it.',
} as const;

function planned(target: string, change: Parameters<typeof aPlan>[0] = {}): TargetPlan {
  return { kind: 'planned', target, plan: aPlan({ target, ...change }) };
}

function aComment(change: Partial<PlanComment> = {}): string {
  const pullRequest = { number: 12, head: HEAD, into: 'main' };
  return formatComment({ pullRequest, tip: TIP, plans: [], left: [], problem: null, ...change }, LIMIT);
}

describe('the comment on a pull request', () => {
  it('says for which head and tip it holds, and how to get a new one', () => {
    expect(aComment()).toContain(
      'Plan of `cccccccccccc` merged into `main` at `dddddddddddd`. Comment `/headgate plan` to plan again.',
    );
  });

  it('has a line for each target with its counts and verdict, refusals first', () => {
    const text = aComment({
      plans: [
        planned('idle'),
        planned('shop', { changes: [aChange('create', 'web')] }),
        { kind: 'failed', target: 'gone', problem },
        planned('bad', { refusals: [problem] }),
        planned('late', { changes: [aChange('update', 'api')], waitingFor: ['target base'] }),
        planned('closed', { changes: [aChange('update', 'db')], waitingFor: ['a window'], isDeferred: true }),
      ],
    });
    expect(text.split('\n').filter((line) => line.startsWith('| `'))).toEqual([
      '| `bad` | refused: 1 error | would be refused |',
      '| `gone` | not planned | unknown |',
      '| `shop` | 1 to create, 0 to update, 0 to prune | would be deployed |',
      '| `late` | 0 to create, 1 to update, 0 to prune | would be deployed after a wait |',
      '| `closed` | 0 to create, 1 to update, 0 to prune | would be deferred |',
      '| `idle` | no changes | unchanged |',
      '| `create` | `ConfigMap shop/web` | `apps/web.yaml:1` |',
      '| `update` | `ConfigMap shop/api` | `apps/api.yaml:1` |',
      '| `update` | `ConfigMap shop/db` | `apps/db.yaml:1` |',
    ]);
    expect(text.indexOf('`apps/a.yaml:3`')).toBeLessThan(text.indexOf('`ConfigMap shop/web`'));
  });

  it('never folds what is deleted, and says which pods restart', () => {
    const restarting: PlannedChange = { ...aChange('update', 'web'), restarts: true };
    const text = aComment({ plans: [planned('shop', { changes: [aChange('prune', 'old'), restarting] })] });
    const [open = ''] = text.split('<details>');
    expect(open).toContain('| `prune` | `ConfigMap shop/old` |');
    expect(open).toContain('**Restarts**, because the pod template changes:\n\n- `ConfigMap shop/web`');
  });

  it('names targets that are not planned, because there are too many', () => {
    const left = Array.from({ length: 60 }, (_, index) => `t${index}`);
    expect(aComment({ left })).toContain('`t49` and 10 more. Comment `/headgate plan TARGET`');
  });

  it('says why there is no merge to plan', () => {
    expect(aComment({ problem })).toContain('**Not planned**\n\n- `apps/a.yaml:3`: `is not YAML`');
  });

  it('fits into the limit of the host with 5,000 deletions, 5,000 refusals or 1 MB of a value, and counts what is left out', () => {
    const many = <T>(make: (index: number) => T) => Array.from({ length: 5000 }, (_, index) => make(index));
    const huge: PlannedChange = {
      ...aChange('update', 'big'),
      fields: [{ path: '.data.v', before: 'x'.repeat(1_000_000), after: 'line\n'.repeat(200_000) }],
    };
    const cases = [
      planned('shop', { changes: many((index) => aChange('prune', `c${index}`)) }),
      planned('shop', { refusals: many((index) => ({ ...problem, subject: `apps/${index}.yaml:1` })) }),
      planned('shop', { changes: [huge, ...many((index) => aChange('create', `c${index}`))] }),
    ];
    for (const each of cases) {
      const text = aComment({ plans: [each] });
      expect(text.length).toBeLessThan(65_536 - 5_000);
      expect(text).toMatch(/… \d+ more (?:object|problem|line)s/);
      expect(text).toMatch(/See all: `headgate plan shop --pull-request 12`$/);
      expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    }
  });

  it('cuts one long value, so that it does not take the room of all others', () => {
    const change: PlannedChange = {
      ...aChange('update', 'big'),
      fields: [
        { path: '.data.v', before: 'x'.repeat(50_000), after: 'y'.repeat(50_000) },
        { path: '.data.w', before: '1', after: '2' },
      ],
    };
    const text = aComment({ plans: [planned('shop', { changes: [change] })] });
    expect(text.length).toBeLessThan(6_000);
    expect(text).toMatch(/^- \.data\.v: "x+… \(48013 more characters\)$/m);
    expect(text).toContain('+ .data.w: "2"');
  });

  it('keeps mentions, HTML, fences and bidirectional characters in names and values as code', () => {
    const name = '@acme/all <img src=x> ```\n\u202egnp| [x](https://evil.example)';
    const change: PlannedChange = {
      ...aChange('prune', 'x'),
      id: { group: '', kind: 'ConfigMap', namespace: 'shop', name },
      fields: [{ path: `.data["${name}"]`, before: '</details>', after: `${name}\n` }],
    };
    const text = aComment({
      plans: [
        planned('shop', { changes: [change], refusals: [] }),
        planned('bad', { refusals: [{ ...problem, message: name }] }),
      ],
    });
    expect(text).not.toContain('\u202e');
    expect(
      text.replaceAll(/(`+)(?:(?!\1)[\s\S])*?\1(?!`)/g, 'CODE').replaceAll(/<code>[^<]*<\/code>/g, 'CODE'),
    ).not.toMatch(/@acme|<img|evil/);
  });
});

describe('a note on a comment', () => {
  it('is put above what was shown, and replaces the one before', () => {
    const noted = withNote('### Plan\n\n> quoted', 'first');
    expect(noted).toBe('> first\n\n### Plan\n\n> quoted');
    expect(withNote(noted, 'second')).toBe('> second\n\n### Plan\n\n> quoted');
    expect(withNote(noted, null)).toBe('### Plan\n\n> quoted');
  });
});
