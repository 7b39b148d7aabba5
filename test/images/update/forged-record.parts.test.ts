import { afterEach, describe, expect, it } from 'vitest';
import { removeRepositories } from '../../git/repository.ts';
import { UpdateBed } from './update-bed.ts';

const REF = 'refs/headgate/images/web';

let bed: UpdateBed;

afterEach(async () => {
  await bed.close();
  removeRepositories();
});

function pod(tag: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ${bed.registry.host}/acme/web:${tag}\n`;
}

function git(...args: readonly string[]): string {
  return bed.repository.git(...args);
}

/** Pushes a record on top of these, as anyone who may push the ref can. */
function forge(message: string, parent = REF): void {
  git('update-ref', REF, git('commit-tree', `${REF}^{tree}`, '-p', parent, '-m', message));
}

/** 1.3.0 and then 1.4.0 were written, and a person took 1.4.0 back. */
async function revertedOnce({ hasKey }: { readonly hasKey: boolean }): Promise<void> {
  bed = await UpdateBed.build([{}], { hasKey });
  bed.repository.commit({ 'web.yaml': pod('1.2.0') });
  for (const version of ['1.3.0', '1.4.0']) {
    bed.registry.push('acme/web', version);
    await bed.update();
  }
  expect(bed.file('web.yaml')).toBe(pod('1.4.0').trim());
  bed.repository.commit({ 'web.yaml': pod('1.3.0') });
  expect((await bed.update()).kind).toBe('unchanged');
}

function warnings(): readonly unknown[] {
  return bed.log.filter(({ message }) => message === 'record-not-signed');
}

const attacks: readonly (readonly [string, () => void])[] = [
  ['a release', () => forge('Release web\n\nHeadgate-Image-Released: web\nReleased-By: eve\n')],
  ['a write that replaced the version', () => forge('Write web\n\nHeadgate-Image: web 1.4.0 -> 1.5.0\n')],
  ['the removal of the newest record', () => git('update-ref', REF, `${REF}^`)],
  ['the removal of all records', () => git('update-ref', '-d', REF)],
  [
    'the first record, signed as it is, on top of the newest one',
    () => forge(git('log', '-1', '--format=%B', `${REF}^`)),
  ],
];

describe('with a key, a version that a person took back', () => {
  it.each(attacks)('stays back after someone pushed to its record %s', async (_, attack) => {
    await revertedOnce({ hasKey: true });
    attack();
    for (const restart of [false, true]) {
      if (restart) bed.restart();
      expect((await bed.update()).kind).toBe('unchanged');
    }
    bed.registry.push('acme/web', '1.6.0');
    expect((await bed.update()).kind).toBe('written');
  });

  it('is written again after a release with the key, also when the records before have no signature', async () => {
    await revertedOnce({ hasKey: false });
    bed.restart({ hasKey: true });
    for (let look = 0; look < 3; look += 1) expect((await bed.update()).kind).toBe('unchanged');
    expect(warnings()).toEqual([
      expect.objectContaining({
        level: 'warn',
        repository: 'fleet',
        ref: REF,
        records: 2,
        reason: expect.stringContaining('last 200 commits'),
      }),
    ]);
    await bed.release();
    expect((await bed.update()).kind).toBe('written');
    expect(bed.file('web.yaml')).toBe(pod('1.4.0').trim());
    expect(git('fsck', '--strict')).toBe('');
  });

  it('is written again after a release on top of what someone else pushed', async () => {
    await revertedOnce({ hasKey: true });
    forge('Write web\n\nHeadgate-Image: web 1.3.0 -> 1.4.0\n');
    await bed.release();
    expect((await bed.update()).kind).toBe('written');
  });
});

it('writes records without a key as released versions do', async () => {
  await revertedOnce({ hasKey: false });
  expect(git('log', '--format=%B', REF)).not.toContain('Signature');
  await bed.release();
  expect((await bed.update()).kind).toBe('written');
  expect(warnings()).toEqual([]);
});
