import type { BundledPackage } from './bundled-packages.ts';

/** The licenses of everything that is bundled, each text once. */
export function licenseText(packages: readonly BundledPackage[]): string {
  const byText = Map.groupBy(packages, ({ license, texts }) => [license, ...texts].join('\n\n'));
  const sections = [...byText].map(
    ([text, users]) => `${users.map(({ name, version }) => `${name} ${version}`).join('\n')}\n\n${text}\n`,
  );
  return `Headgate contains the following packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
