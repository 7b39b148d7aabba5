import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../../../src/deploy/render/render.ts';
import type { Rendered } from '../../../src/deploy/render/render.ts';
import type { GivenRenderer } from '../../../src/desired/plain/given-renderer.ts';
import { pathFilterOf } from '../../../src/desired/plain/path-filter.ts';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { READ_AT_ONCE } from '../../../src/parsing/functions.ts';
import { openTools } from '../../../src/sandbox/tools.ts';
import type { Renderer } from '../../../src/state/renderer.ts';
import { PLAIN } from '../../../src/state/renderer.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import { configOf, withTarget } from '../../config/builders.ts';
import { serveFiles } from './serve-files.ts';

const signal = new AbortController().signal;
const map = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

let served: Awaited<ReturnType<typeof serveFiles>>;
beforeAll(async () => {
  served = await serveFiles({
    'app/main.list': 'a\nb\n',
    'app/lib/more.list': 'c\n',
    'shared/one.list': 'd\n',
    'shared/single': 'e\n',
    'elsewhere/x.list': 'x\n',
    'both/main.list': 'a\n',
    'both/kustomization.yaml': 'configMapGenerator: [{ name: k, literals: [a=b] }]\n',
    'plain/a.yaml': `${map('plain')}\n`,
    'plain/below/main.list': 'a\n',
    'plain/below/b.yaml': `${map('below')}\n`,
  });
});
afterAll(() => served.close());

/** A ConfigMap for each line of all files. */
const lists: GivenRenderer = {
  name: 'lists',
  version: '1.0.0',
  files: ['main.list'],
  render: async ({ files }) =>
    [...files.values()]
      .flatMap((bytes) => Buffer.from(bytes).toString().trim().split('\n'))
      .map((line) => map(line))
      .join('\n---\n'),
};

async function rendered(
  settings: string,
  { given = [lists], renderer = PLAIN }: { given?: readonly GivenRenderer[]; renderer?: Renderer } = {},
): Promise<Rendered> {
  const [target] = configOf(withTarget(settings)).targets;
  if (target === undefined) throw new Error('no target');
  const git = served.open();
  const query = {
    ref: 'refs/heads/main',
    at: null,
    path: target.path,
    inputs: target.inputs,
    recorded: {},
    base: null,
    hint: null,
    also: [],
    isRead: pathFilterOf(target),
  };
  const source = await git.since(query, signal);
  const applied = { ...NOTHING_RECORDED.applied, renderer };
  const tools = { ...openTools(process.env), given };
  const capabilities = () => Promise.reject(new Error('nothing here needs the capabilities of the cluster'));
  const dataKeys = { open: () => Promise.reject(new Error('nothing here is encrypted')) };
  const world = { target, git, tools, readers: READ_AT_ONCE, dataKeys, cluster: { capabilities } };
  return render(source, { applied, query }, world, signal);
}

const failing = (thrown: Error): GivenRenderer => ({ ...lists, render: () => Promise.reject(thrown) });

describe('a renderer from outside', () => {
  it('gets every file below the path and the inputs, which decide from then on whether the target is current', async () => {
    const { desired, renderer, source } = await rendered('path: app\n    inputs: [shared/single, shared/one.list]');
    expect(desired.problems).toEqual([]);
    expect(desired.manifests.map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(new Set(desired.manifests.map(({ source: { path } }) => path))).toEqual(new Set(['app/main.list']));
    expect(renderer).toEqual({ kind: 'given', name: 'lists', version: '1.0.0' });
    expect(Object.keys(source.inputs).toSorted()).toEqual(['app', 'shared/one.list', 'shared/single']);
    expect(Object.values(source.inputs)).not.toContain(null);
    expect(source.complete).toBe(true);
  });

  it('does not render a kustomization', async () => {
    const { renderer } = await rendered('path: both');
    expect(renderer.kind).toBe('kustomize');
  });

  it('has its folder refused below a path of plain files', async () => {
    const { desired, renderer } = await rendered('path: plain');
    expect(renderer).toEqual(PLAIN);
    expect(desired.manifests.map(({ name }) => name)).toEqual(['plain']);
    expect(desired.problems).toMatchObject([{ code: 'render-refused', subject: 'plain/below/main.list' }]);
  });

  it('is refused when the same files lead to another output', async () => {
    let calls = 0;
    const random = { ...lists, render: async () => map('a').replace('}}', `},"data":{"n":"${(calls += 1)}"}}`) };
    const { desired } = await rendered('path: app', { given: [random] });
    expect(calls).toBe(2);
    expect(desired.problems).toMatchObject([{ code: 'render-refused' }]);
  });

  it('has its error reported at the file, and a DeployError as it is', async () => {
    const { desired } = await rendered('path: app', { given: [failing(new Error('line 2 is not a word'))] });
    expect(desired.problems).toMatchObject([
      { code: 'render-failed', subject: 'app/main.list', message: 'lists cannot render it: line 2 is not a word' },
    ]);
    const what = { subject: 'https://lists.example.com', message: 'does not answer', remedy: 'Wait.' };
    const later = failing(new DeployError('chart-unreachable', what));
    await expect(rendered('path: app', { given: [later] })).rejects.toMatchObject({ code: 'chart-unreachable' });
  });

  it('keeps its target from being taken for plain files by a process without it', async () => {
    const renderer = { kind: 'given', name: 'lists', version: '1.0.0' } as const;
    await expect(rendered('path: app', { given: [], renderer })).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'was rendered by lists, which this process does not have',
    });
    const again = await rendered('path: app', { renderer });
    expect(again.renderer).toEqual(renderer);
  });
});
