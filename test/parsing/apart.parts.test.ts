import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { readersApart, READING_LIMITS } from '../../src/parsing/apart.ts';
import type { ReadersApart } from '../../src/parsing/apart.ts';
import { READ_AT_ONCE } from '../../src/parsing/functions.ts';
import type { ObjectId, SourceFile } from '../../src/snapshot/source.ts';

let apart: ReadersApart;
afterEach(() => {
  apart.close();
});

const signal = new AbortController().signal;
const file = (path: string, text: string): SourceFile => ({
  path,
  kind: 'file',
  oid: 'a'.repeat(40) as ObjectId,
  bytes: Buffer.from(text),
});
const configMaps = (count: number) =>
  Array.from(
    { length: count },
    (_, n) =>
      `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a${n}}\ndata: {n: "${n}", big: 12345678901234567890}\n`,
  ).join('');
/** Its nodes need 100 MB. */
const GREEDY = file('greedy.yaml', `a: [${'1,'.repeat(290_000)}]\n`);

describe('what is parsed apart from the event loop', () => {
  it('is what parsing in it yields, with files that are absent, wrong or of many objects', async () => {
    apart = readersApart();
    const files = [
      file('a.yaml', configMaps(2000)),
      file('b.yaml', 'a: [\n'),
      { path: 'c.yaml', kind: 'absent' } as const,
    ];
    const variables = { n: '1' };
    const expected = await READ_AT_ONCE.renderPlain([files, variables], signal);
    expect(expected.manifests).toHaveLength(2000);
    expect(await apart.readers.renderPlain([files, variables], signal)).toEqual(expected);
    expect(await apart.readers.renderPlain([files, variables], signal)).toEqual(expected);
  });

  it('lets the event loop go on', async () => {
    apart = readersApart();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const text = file('a.yaml', configMaps(9000));
    const { manifests } = await apart.readers.renderPlain([[text], null], signal);
    delay.disable();
    expect(manifests).toHaveLength(9000);
    // In the event loop it takes seconds.
    expect(delay.max / 1e6).toBeLessThan(1000);
  });

  it('ends with an error that names the file when it needs more memory than a worker has, while others are read', async () => {
    apart = readersApart({ ...READING_LIMITS, heapMb: 32, timeMs: 10_000 });
    const greedy = apart.readers.renderPlain([[file('small.yaml', 'a: 1\n'), GREEDY], null], signal);
    const small = apart.readers.renderPlain([[file('a.yaml', configMaps(500))], null], signal);
    const [refused, others] = await Promise.allSettled([greedy, small]);
    expect(refused).toMatchObject({ reason: { code: 'render-limit', subject: 'greedy.yaml' } });
    expect(others).toMatchObject({ status: 'fulfilled', value: { problems: [] } });
  });

  it('ends with an error when it takes longer than a worker may', async () => {
    apart = readersApart({ ...READING_LIMITS, timeMs: 1 });
    const late = apart.readers.renderPlain([[file('a.yaml', configMaps(500))], null], signal);
    await expect(late).rejects.toMatchObject({ code: 'render-limit', subject: 'a.yaml' });
  });

  it('ends when its run is interrupted', async () => {
    apart = readersApart();
    const stopping = new AbortController();
    const running = apart.readers.renderPlain([[GREEDY], null], stopping.signal);
    stopping.abort(new Error('the run is over'));
    await expect(running).rejects.toThrow('the run is over');
  });
});
