import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import * as z from 'zod';
import type { BundledPackage } from './bundled-packages.ts';

const Manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** A software bill of materials in CycloneDX 1.6. Without a serial number and a time, so that builds are reproducible. */
export async function sbom(root: string, packages: readonly BundledPackage[]): Promise<string> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const componentOf = (type: Enums.ComponentType, { name, version, license }: Omit<BundledPackage, 'texts'>) => {
    const [group, own] = name.startsWith('@') ? name.split('/') : [undefined, name];
    const purl = new PackageURL('npm', group ?? null, own ?? name, version, null, null).toString();
    const component = new Models.Component(type, own ?? name, { version, purl, bomRef: purl });
    if (group !== undefined) component.group = group;
    component.licenses.add(new Models.LicenseExpression(license));
    return component;
  };
  const subject = componentOf(Enums.ComponentType.Application, manifest);
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: subject }) });
  for (const bundled of packages) {
    const component = componentOf(Enums.ComponentType.Library, bundled);
    bom.components.add(component);
    subject.dependencies.add(component.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 })}\n`;
}
