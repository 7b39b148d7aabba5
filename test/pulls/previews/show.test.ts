import { expect, it } from 'vitest';
import { isWorthShowing, previewsSection } from '../../../src/pulls/previews/show.ts';
import type { PreviewResult } from '../../../src/pulls/previews/show.ts';
import { HEAD } from './builders.ts';

const problem = {
  code: 'manifest-invalid',
  subject: 'preview/a.yaml:3',
  message: 'is | not YAML',
  remedy: 'Fix it.',
} as const;
const AT_HEAD = { isAtHead: true, isSettled: true, verdict: 'deployed', readiness: 'ready', notReady: [] } as const;
const web = { kind: 'Deployment', namespace: 'n', name: 'web', reason: 'ImagePullBackOff <b>@ann</b>' };

type State = Extract<PreviewResult, { kind: 'deployed' }>['state'];

function deployed(
  state: Partial<State>,
  more: { errors?: readonly (typeof problem)[]; url?: string } = {},
): PreviewResult {
  const { errors = [], url = null } = more;
  return {
    kind: 'deployed',
    name: 'shop-pr-1',
    revision: HEAD,
    state: { ...AT_HEAD, ...state },
    errors,
    url,
  };
}

const absent = (why: Extract<PreviewResult, { kind: 'absent' }>['why'], isDeleted = false): PreviewResult => {
  return { kind: 'absent', name: 'shop-pr-1', why, limit: 3, isDeleted };
};

it.each<readonly [PreviewResult, string]>([
  [deployed({}, { url: 'https://a.io' }), 'ready at `cccccccccccc` | <https://a.io> |'],
  [deployed({ readiness: null }), 'deployed at `cccccccccccc` |  |'],
  [deployed({ readiness: 'progressing' }), 'deployed at `cccccccccccc`, not ready yet |  |'],
  [
    deployed({ readiness: 'not-ready', notReady: [web, web] }),
    'not ready at `cccccccccccc`: `Deployment web: ImagePullBackOff <b>@ann</b>` (+1 more) |  |',
  ],
  [
    deployed({ isAtHead: false, verdict: 'refused' }, { errors: [problem] }),
    'refused at `cccccccccccc`: `preview/a.yaml:3 is \\| not YAML` |  |',
  ],
  [deployed({ isAtHead: false, verdict: 'waiting' }), 'waiting at `cccccccccccc` |  |'],
  [deployed({ isAtHead: false, verdict: 'deployed' }), 'not deployed yet at `cccccccccccc` |  |'],
  [{ kind: 'refused', name: 'shop-pr-1', problem }, 'refused: `preview/a.yaml:3 is \\| not YAML` |  |'],
  [absent('full'), 'left out: there are 3 previews already. It is deployed when one of them is deleted |  |'],
  [absent('fork'), 'refused: pull requests of forks get no preview |  |'],
  [absent('closed', true), 'deleted: the pull request was closed |  |'],
  [absent('expired'), 'deleted: nothing was pushed within its ttl. Push to bring it back |  |'],
])('the comment of a preview shows %j', (result, row) => {
  expect(previewsSection([result]).split('\n').at(-1)).toBe(`| \`shop-pr-1\` | ${row}`);
  expect(isWorthShowing(result)).toBe(true);
});

it('the comment has no line for a pull request that has no preview and had none', () => {
  for (const why of ['closed', 'unlabeled', 'into-another'] as const) expect(isWorthShowing(absent(why))).toBe(false);
});

it('the comment of a preview cuts long texts of others', () => {
  const long = { ...problem, message: 'x'.repeat(5_000) };
  expect(previewsSection([{ kind: 'failed', name: 'shop-pr-1', problem: long }]).length).toBeLessThan(500);
});
