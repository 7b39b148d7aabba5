import { describe, expect, it } from 'vitest';
import { formatMarkdown } from '../../../src/deploy/show/format-markdown.ts';
import type { PlannedChange } from '../../../src/deploy/show/shown-plan.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { aChange, aPlan } from './builders.ts';

describe('a plan in Markdown', () => {
  it('begins with what it is about and its counts', () => {
    const text = formatMarkdown(aPlan({ changes: [aChange('create', 'web'), aChange('update', 'api')] }));
    expect(text.split('\n').slice(0, 3)).toEqual([
      '### Plan of `shop`',
      '',
      '**1 to create, 1 to update, 0 to prune** · `aaaaaaaaaaaa` → `bbbbbbbbbbbb`',
    ]);
  });

  it('folds what is created and updated, and never what is deleted or replaced', () => {
    const changes = (['create', 'update', 'replace', 'prune'] as const).map((op) => aChange(op, op));
    const text = formatMarkdown(aPlan({ changes }));
    const [open = '', folded = ''] = text.split('<details>');
    expect(open).toContain('| `replace` | `ConfigMap shop/replace` | `apps/replace.yaml:1` |');
    expect(open).toContain('| `prune` |');
    expect(open).not.toContain('| `create` |');
    expect(folded).toContain('<summary>1 to create, 1 to update, 0 to prune</summary>');
    expect(folded).toContain('| `create` |');
  });

  it('shows a changed field as a line that is removed and one that is added', () => {
    const fields = [
      { path: '.data.v', before: '1', after: '2' },
      { path: '.data.new', before: undefined, after: 'x' },
    ];
    const text = formatMarkdown(aPlan({ changes: [{ ...aChange('update', 'web'), fields }] }));
    expect(text).toContain('```diff\n- .data.v: "1"\n+ .data.v: "2"\n+ .data.new: "x"\n```');
  });

  it('shows refusals first, with file, line and remedy', () => {
    const refusal = {
      code: 'manifest-invalid',
      subject: 'apps/a.yaml:3',
      message: 'is not YAML',
      remedy: 'Fix it.',
    } as const;
    const text = formatMarkdown(aPlan({ refusals: [refusal] }));
    expect(text).toContain('**refused: 1 error**');
    expect(text).toContain('- `apps/a.yaml:3`: `is not YAML`\n  `Fix it.`');
  });

  it('says what is planned when it is a working directory, and what has to be ready first', () => {
    const text = formatMarkdown(aPlan({ revision: null, directory: '/src', waitingFor: ['target base'] }));
    expect(text).toContain('`aaaaaaaaaaaa` → `working directory`');
    expect(text).toContain('Waits until ready: `target base`');
  });

  it.each([
    ['a mention and a link', '@acme/all [x](https://evil.example)', '`apps/@acme/all [x](https://evil.example).yaml`'],
    ['HTML', '<img onerror=x>', '`apps/<img onerror=x>.yaml`'],
    ['backticks', 'a```b', '````apps/a```b.yaml````'],
    ['a bar, which would end the cell', 'a|b', '`apps/a\\|b.yaml`'],
    ['a line break and a direction override', 'a\n\u202eb', '`apps/a\\x0a\\u202eb.yaml`'],
  ])('keeps %s in a path as code', (_what, name, shown) => {
    const text = formatMarkdown(aPlan({ changes: [{ ...aChange('prune', 'x'), source: `apps/${name}.yaml` }] }));
    expect(text).toContain(`| ${shown} |`);
  });

  it('escapes HTML in the summary of a diff, and does not let a value end its block', () => {
    const change: PlannedChange = {
      ...aChange('update', '<b>&'),
      fields: [{ path: '.data.v', before: '1', after: '\n```\n@acme/all' }],
    };
    const text = formatMarkdown(aPlan({ changes: [change] }));
    expect(text).toContain('<code>ConfigMap shop/&lt;b&gt;&amp;</code>');
    expect(text).toContain('````diff');
    expect(text).not.toMatch(/^@acme/m);
  });

  it('fits into a comment, keeps what is destructive, and says how to see the rest', () => {
    const fields = [{ path: '.data.v', before: 'x'.repeat(5000), after: 'y' }];
    const many = Array.from({ length: 40 }, (_, index) => ({ ...aChange('update', `c${index}`), fields }));
    const text = formatMarkdown(aPlan({ changes: [...many, aChange('prune', 'old')] }));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('| `prune` | `ConfigMap shop/old` |');
    expect(text).toMatch(/\d+ more sections do not fit here\. See all: `headgate plan shop`$/);
  });

  it('that does not fit names the command for the pull request, or the clone, that it is of', () => {
    const revision = 'b'.repeat(40) as Revision;
    const changes = Array.from({ length: 2000 }, (_, index) => aChange('create', `c${index}`));
    const pullRequest = { number: 12, head: revision, tip: revision };
    expect(formatMarkdown(aPlan({ pullRequest, changes }))).toMatch(/See all: `headgate plan shop --pull-request 12`$/);
    expect(formatMarkdown(aPlan({ directory: '/src', changes }))).toMatch(
      /See all: `headgate plan shop --directory \.`$/,
    );
  });
});
