import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageCheckout, packagedCheckout } from './packaged.ts';

describe('the package', () => {
  it('is built without credentials, and has the same bytes when built again in another directory', async () => {
    const first = await packagedCheckout();
    const second = await packageCheckout();
    const archives = ['check.zip', 'deploy.zip', 'sweep.zip', 'webhook.zip', 'work.zip'];
    expect(Object.keys(first.archives).toSorted()).toEqual(archives);
    expect(second.archives).toEqual(first.archives);
    expect(second.template).toEqual(first.template);
    await rm(second.directory, { recursive: true });
  }, 240_000);

  it('has the same code with another headgate.yml, which only changes its layer and its rights', async () => {
    const first = await packagedCheckout();
    const example = await readFile(join(first.directory, 'infra/headgate.example.yml'), 'utf8');
    const directory = await mkdtemp(join(tmpdir(), 'headgate-other-'));
    const other = join(directory, 'other.yml');
    await writeFile(other, example.replaceAll('ssm:/headgate/fleet/token', 'ssm:/another'));
    const second = await packageCheckout({ parent: directory, env: { HEADGATE_CONFIG: other } });
    expect(second.archives).toEqual(first.archives);
    const differs = (name: string) =>
      JSON.stringify(second.template.Resources[name]) !== JSON.stringify(first.template.Resources[name]);
    expect(Object.keys(second.template.Resources).filter(differs).toSorted()).toEqual([
      'CheckSecrets',
      'ConfigLayer',
      'DeploySecrets',
      'SweepSecrets',
    ]);
    await rm(directory, { recursive: true });
  }, 240_000);
});
