import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { refuseOtherLayer } from '../../infra/pinned-layer.ts';
import { LAYER } from '../../src/sandbox/layer.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const other = mkdtempSync(join(tmpdir(), 'headgate-pinned-'));
afterAll(() => rmSync(other, { recursive: true }));

function checkout(version: string, fragment: string): string {
  const name = LAYER.package.slice(0, LAYER.package.lastIndexOf('@'));
  mkdirSync(join(other, 'infra'), { recursive: true });
  mkdirSync(join(other, 'node_modules', name), { recursive: true });
  writeFileSync(join(other, 'infra', 'layer.yml'), fragment);
  writeFileSync(join(other, 'node_modules', name, 'package.json'), JSON.stringify({ version }));
  return other;
}

it('accepts the layer of this checkout, whose package has the pinned digest', async () => {
  await refuseOtherLayer(root);
  const lock: { packages: Record<string, { integrity?: string }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const name = LAYER.package.slice(0, LAYER.package.lastIndexOf('@'));
  expect(lock.packages[`node_modules/${name}`]?.integrity).toBe(`sha512-${LAYER.sha512}`);
});

it('refuses to build functions whose layer has other versions of kubectl and Helm', async () => {
  const fragment = readFileSync(join(root, 'infra', 'layer.yml'), 'utf8');
  await expect(refuseOtherLayer(checkout('2.1.0', fragment))).rejects.toThrow('lambda-layer-kubectl-v36@2.1.0, but');
  const next = fragment.replaceAll('kubectl-v36', 'kubectl-v37');
  await expect(refuseOtherLayer(checkout('2.0.1', next))).rejects.toThrow('kubectl-v37@not installed');
});
