import { afterEach, describe, expect, it } from 'vitest';
import { removeRepositories } from '../../git/repository.ts';
import { UpdateBed } from './update-bed.ts';

let bed: UpdateBed;

afterEach(async () => {
  await bed.close();
  removeRepositories();
});

function pod(image: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ${bed.registry.host}/acme/${image} # keep\n`;
}

/** The branch has these files, and nothing else. */
function commit(files: Readonly<Record<string, string>>): void {
  bed.repository.commit(files);
}

describe('one look at a branch', () => {
  it('writes the wanted versions of all images by one commit, and says what, why and which digest', async () => {
    bed = await UpdateBed.build([
      { writes: [{ repository: 'fleet', branch: 'main', paths: ['staging/**'] }] },
      { name: 'api', image: 'HOST/acme/api', policy: { digest: 'stable' } },
    ]);
    const digest = bed.registry.push('acme/web', '1.3.0');
    const stable = bed.registry.push('acme/api', 'stable');
    commit({
      'staging/web.yaml': pod('web:1.2.0'),
      'prod/web.yaml': pod('web:1.2.0'),
      'staging/deep/api.yaml': pod('api:stable'),
      'README.md': 'hello\n',
    });
    expect(await bed.update()).toMatchObject({ kind: 'written', failure: null });
    expect(bed.file('staging/web.yaml')).toBe(pod('web:1.3.0').trim());
    expect(bed.file('staging/deep/api.yaml')).toBe(pod(`api:stable@${stable}`).trim());
    expect(bed.file('prod/web.yaml')).toBe(pod('web:1.2.0').trim());
    const { host } = bed.registry;
    expect(bed.repository.git('log', '-1', '--format=%an %ae%n%B', 'main').trim()).toBe(
      [
        'headgate headgate@localhost',
        'Update 2 images',
        '',
        `- ${host}/acme/web 1.2.0 -> 1.3.0 (staging/web.yaml)`,
        `- ${host}/acme/api stable -> stable@${stable} (staging/deep/api.yaml)`,
        '',
        'Headgate-Image: web 1.2.0 -> 1.3.0',
        'Headgate-Policy: web semver >=1.0.0',
        `Headgate-Digest: web ${digest}`,
        `Headgate-Image: api stable -> stable@${stable}`,
        'Headgate-Policy: api digest of stable',
        `Headgate-Digest: api ${stable}`,
      ].join('\n'),
    );
    expect(bed.repository.git('fsck', '--strict')).toBe('');
    expect(bed.log.find(({ message }) => message === 'image')).toMatchObject({ branch: 'main', requests: { push: 2 } });
  });

  it('costs one request to Git when nothing was pushed, and reads only what differs after a push', async () => {
    bed = await UpdateBed.build();
    bed.registry.push('acme/web', '1.2.0');
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`apps/${index % 20}/${index}.yaml`, pod('other:1')]),
    );
    commit({ ...files, 'web.yaml': pod('web:1.2.0') });
    expect(await bed.update()).toMatchObject({ kind: 'unchanged' });
    const first = bed.gitRequests();
    expect(first.filter((each) => each.endsWith('fetch')).length).toBeLessThanOrEqual(2);
    await bed.update();
    expect(bed.gitRequests()).toEqual(['POST git-upload-pack ls-refs']);
    commit({ ...files, 'apps/1/1.yaml': pod('web:1.1.0'), 'web.yaml': pod('web:1.2.0') });
    expect(await bed.update()).toMatchObject({ kind: 'written' });
    const after = bed.gitRequests();
    expect(after.filter((each) => each.includes('receive-pack'))).toEqual([
      'GET info/refs?service=git-receive-pack',
      'POST git-receive-pack',
    ]);
    expect(after.length).toBeLessThanOrEqual(10);
  });

  it('takes the template of the message, and adds its trailers', async () => {
    bed = await UpdateBed.build([{ commit: { author: 'Robo <robo@example.com>', message: 'deploy: {{changes}}' } }]);
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    await bed.update();
    expect(bed.repository.git('log', '-1', '--format=%an%n%B', 'main')).toMatch(
      /^Robo\ndeploy: web 1\.2\.0 -> 1\.3\.0\n\nHeadgate-Image: web 1\.2\.0 -> 1\.3\.0\n/,
    );
  });

  it('writes the other images when the registry of one does not answer, and says so', async () => {
    bed = await UpdateBed.build([{}, { name: 'gone', image: 'HOST/acme/gone' }]);
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    const updated = await bed.update();
    expect(updated.kind).toBe('written');
    expect(updated.failure).not.toBeNull();
    expect(bed.log.find(({ message }) => message === 'image-failed')).toMatchObject({ image: 'gone', branch: 'main' });
  });

  it('writes the other images when the digest of one cannot be read, and says so', async () => {
    bed = await UpdateBed.build([{}, { name: 'other', image: 'HOST/acme/other' }]);
    bed.registry.push('acme/web', '1.3.0');
    bed.registry.push('acme/other', '1.3.0');
    bed.registry.withoutDigests = 'acme/other';
    commit({ 'web.yaml': pod('web:1.2.0'), 'other.yaml': pod('other:1.2.0') });
    const updated = await bed.update();
    expect(updated.kind).toBe('written');
    expect(updated.failure).not.toBeNull();
    expect(bed.log.find(({ message }) => message === 'image-failed')).toMatchObject({ image: 'other', branch: 'main' });
    expect(bed.repository.git('show', 'main:other.yaml')).toContain('other:1.2.0');
  });

  it('skips a template of Helm with a reason, and writes the values beside it', async () => {
    bed = await UpdateBed.build();
    bed.registry.push('acme/web', '1.3.0');
    const values = (tag: string) => `image:\n  repository: ${bed.registry.host}/acme/web\n  tag: "${tag}"\n`;
    commit({
      'chart/values.yaml': values('1.2.0'),
      'chart/templates/web.yaml': `{{- if .Values.web }}\nimage: web\n{{- end }}\n`,
      'rang\u0007.yaml': pod('web:1.2.0'),
    });
    await bed.update();
    expect(bed.file('chart/values.yaml')).toBe(values('1.3.0').trim());
    expect(bed.log.find(({ path }) => path === 'chart/templates/web.yaml')).toMatchObject({
      message: 'image-file-skipped',
      reason: expect.stringContaining('a template of Helm'),
    });
    expect(bed.log.find(({ path }) => path === 'rang\u0007.yaml')).toMatchObject({
      message: 'image-file-skipped',
      reason: 'it is refused: a name with control characters',
    });
  });

  it('leaves what has no marker as soon as another file has one', async () => {
    bed = await UpdateBed.build();
    bed.registry.push('acme/web', '1.3.0');
    const marked = (tag: string) => pod(`web:${tag}`).replace('# keep', '# {"$imagepolicy": "flux-system:web"}');
    commit({ 'a.yaml': pod('web:1.2.0') });
    await bed.update();
    expect(bed.file('a.yaml')).toBe(pod('web:1.3.0').trim());
    bed.registry.push('acme/web', '1.4.0');
    commit({ 'a.yaml': pod('web:1.3.0'), 'b.yaml': marked('1.3.0') });
    await bed.update();
    expect([bed.file('a.yaml'), bed.file('b.yaml')]).toEqual([pod('web:1.3.0').trim(), marked('1.4.0').trim()]);
  });
});

describe('a person who takes a version back', () => {
  async function written(image: object = {}): Promise<void> {
    bed = await UpdateBed.build([image]);
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    await bed.update();
    expect(bed.file('web.yaml')).toBe(pod('web:1.3.0').trim());
  }

  it('is not overruled in 20 looks, the half of them after a restart each, until there is a newer one', async () => {
    await written();
    const first = bed.repository.git('rev-parse', 'main');
    commit({ 'web.yaml': pod('web:1.2.0') });
    for (let look = 0; look < 20; look += 1) {
      if (look % 2 === 0) bed.restart();
      expect((await bed.update()).kind).toBe('unchanged');
    }
    expect(bed.log.find(({ message }) => message === 'image-held')).toMatchObject({
      image: 'web',
      version: '1.3.0',
      writtenBy: first,
    });
    bed.registry.push('acme/web', '1.4.0');
    expect((await bed.update()).kind).toBe('written');
    expect(bed.file('web.yaml')).toBe(pod('web:1.4.0').trim());
  });

  it('holds newer versions too when the image says so', async () => {
    await written({ afterRevert: 'hold' });
    commit({ 'web.yaml': pod('web:1.2.0') });
    bed.registry.push('acme/web', '1.4.0');
    expect((await bed.update()).kind).toBe('unchanged');
    expect(bed.file('web.yaml')).toBe(pod('web:1.2.0').trim());
    expect(await bed.release()).toEqual([{ repository: 'fleet', wasWritten: true }]);
    expect((await bed.update()).kind).toBe('written');
    expect(bed.file('web.yaml')).toBe(pod('web:1.4.0').trim());
    expect(bed.repository.git('fsck', '--strict')).toBe('');
  });

  it('has the same version written again after a release', async () => {
    await written();
    commit({ 'web.yaml': pod('web:1.2.0') });
    expect((await bed.update()).kind).toBe('unchanged');
    await bed.release();
    expect((await bed.update()).kind).toBe('written');
    expect(bed.file('web.yaml')).toBe(pod('web:1.3.0').trim());
  });

  it('keeps it in one file while a file that is new is brought up to date', async () => {
    await written();
    commit({ 'web.yaml': pod('web:1.2.0'), 'new.yaml': pod('web:1.1.0') });
    expect((await bed.update()).kind).toBe('written');
    expect([bed.file('web.yaml'), bed.file('new.yaml')]).toEqual([pod('web:1.2.0').trim(), pod('web:1.3.0').trim()]);
  });

  it('is known on a host that refuses records, by the commits of the branch', async () => {
    bed = await UpdateBed.build();
    bed.hook('update', 'case "$1" in refs/headgate/*) exit 1;; esac');
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    await bed.update();
    expect(bed.file('web.yaml')).toBe(pod('web:1.3.0').trim());
    expect(bed.log.find(({ message }) => message === 'image-record-refused')?.['reason']).toContain('last 200 commits');
    commit({ 'web.yaml': pod('web:1.2.0') });
    bed.restart();
    expect((await bed.update()).kind).toBe('unchanged');
  });

  it('is not mistaken for the registry that takes a version back', async () => {
    await written();
    bed.registry.push('acme/web', '1.4.0');
    await bed.update();
    bed.registry.remove('acme/web', '1.4.0');
    await bed.update();
    expect(bed.file('web.yaml')).toBe(pod('web:1.3.0').trim());
    bed.registry.push('acme/web', '1.4.0');
    await bed.update();
    expect(bed.file('web.yaml')).toBe(pod('web:1.4.0').trim());
  });
});

describe('two writers at once', () => {
  it.each([
    ['before the tip is read', 'git-upload-pack'],
    ['between the look at the refs and the push', 'git-receive-pack'],
  ])('keep the newer version that another process writes %s', async (_when, service) => {
    let isArmed = false;
    bed = await UpdateBed.build([{}], {
      intercept(request) {
        if (isArmed && request.url?.includes(service) === true) {
          isArmed = false;
          bed.registry.push('acme/web', '1.4.0');
          commit({ 'web.yaml': pod('web:1.4.0') });
        }
        return false;
      },
    });
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    isArmed = true;
    expect((await bed.update()).kind).toBe('unchanged');
    expect([isArmed, bed.file('web.yaml')]).toEqual([false, pod('web:1.4.0').trim()]);
  });

  it('lose nothing, and leave a straight line', async () => {
    let pushes = 0;
    bed = await UpdateBed.build([{}], {
      // A person is faster three times, between the look at the refs and the push.
      intercept(request) {
        if (request.url?.includes('info/refs') === true && pushes < 3) {
          pushes += 1;
          commit({ 'web.yaml': pod('web:1.2.0'), 'notes.yaml': `pushes: ${pushes}\n` });
        }
        return false;
      },
    });
    bed.registry.push('acme/web', '1.3.0');
    commit({ 'web.yaml': pod('web:1.2.0') });
    expect((await bed.update()).kind).toBe('written');
    expect(bed.file('notes.yaml')).toBe('pushes: 3');
    expect(bed.file('web.yaml')).toBe(pod('web:1.3.0').trim());
    expect(bed.subjects().filter((subject) => subject.startsWith('Update web'))).toHaveLength(1);
    expect(bed.repository.git('rev-list', '--merges', 'main')).toBe('');
    expect(bed.repository.git('rev-list', '--count', 'refs/headgate/images/web')).toBe('1');
  });
});
