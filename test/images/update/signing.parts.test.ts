import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { removeRepositories } from '../../git/repository.ts';
import { SshKeys } from '../../signing/ssh-keys.ts';
import { UpdateBed } from './update-bed.ts';

const keys = new SshKeys();
let bed: UpdateBed;

afterEach(() => bed.close());

afterAll(() => {
  keys.remove();
  removeRepositories();
});

const EMAIL = 'robo@example.com';
const POD = 'kind: Pod\nspec:\n  containers:\n    - image: HOST/acme/web:1.2.0\n';

async function start(signingKey: string): Promise<void> {
  bed = await UpdateBed.build([{ commit: { author: `Robo <${EMAIL}>`, signingKey: `file:${signingKey}` } }]);
  bed.registry.push('acme/web', '1.3.0');
  bed.repository.commit({ 'web.yaml': POD.replace('HOST', bed.registry.host) });
}

it('an image with a signing key signs its commits and their records, as git verifies them', async () => {
  const key = keys.make(['-t', 'ed25519']);
  await start(key);
  expect(await bed.update()).toMatchObject({ kind: 'written' });
  await bed.release();
  const allowed = join(keys.directory, 'allowed');
  const verify = (ref: string) =>
    bed.repository.tryGit('-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', ref);
  writeFileSync(allowed, keys.allowed(EMAIL, key));
  // The commit, the record that came with it, and the release on top of that record.
  const signed = ['main', 'refs/headgate/images/web^', 'refs/headgate/images/web'];
  expect(signed.map((ref) => verify(ref))).toEqual(['', '', '']);
  expect(verify('main^')).toBeNull();
  writeFileSync(allowed, keys.allowed(EMAIL, keys.make(['-t', 'ed25519'])));
  expect(verify('main')).toBeNull();
});

it('an image whose key cannot sign writes nothing, and the error names the key without its content', async () => {
  const key = keys.make(['-t', 'ed25519'], 'secret');
  await start(key);
  await expect(bed.update()).rejects.toMatchObject({
    code: 'config-invalid',
    subject: `file:${key}`,
    message: `the signing key file:${key} is encrypted with a passphrase`,
    remedy: "Store a copy without one: ssh-keygen -p -N '' -f KEY.",
  });
  expect(bed.subjects()).toEqual(['commit 1']);
});
