import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { configSchema } from '../src/config/reference/json-schema.ts';
import { defaultText } from '../src/config/reference/default-text.ts';
import { topKeys } from '../src/config/reference/find-key.ts';
import { KEYS } from '../src/config/reference/keys.ts';
import type { KeyReference } from '../src/config/reference/key-reference.ts';

/** The files that are made from the reference of headgate.yml, by their path: `node bin/run.js infra/reference.ts` writes them. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  const options = { printWidth: 120 };
  return new Map([
    ['headgate.schema.json', await format(JSON.stringify(configSchema()), { ...options, parser: 'json' })],
    ['docs/configuration.md', await format(page(), { ...options, parser: 'markdown' })],
  ]);
}

function page(): string {
  return `# headgate.yml

Every key, as \`headgate explain KEY\` prints it. This page and headgate.schema.json are made from src/config/reference/keys.ts.

Editors complete and check headgate.yml with the schema, which the npm package contains: \`headgate explain --json-schema > headgate.schema.json\`, and as the first line of headgate.yml \`# yaml-language-server: $schema=headgate.schema.json\`. What the schema accepts can still be refused by \`headgate check\`, which knows more rules.

A secret is always a reference: \`env:NAME\`, \`file:PATH\`, \`ssm:NAME\`, \`secretsmanager:ID\` or \`secretsmanager:ID#key\`.

${topKeys()
  .map(({ key }) => section(key))
  .join('\n\n')}
`;
}

function section(top: string): string {
  const rows = KEYS.filter(({ key }) => key === top || key.startsWith(`${top}.`)).map(row);
  return `## ${top}\n\n| key | type | meaning | example |\n|---|---|---|---|\n${rows.join('\n')}`;
}

function row(reference: KeyReference): string {
  const { key, type, meaning, example } = reference;
  const ending = defaultText(reference);
  const cells = [`\`${key}\``, ending === null ? type : `${type}; ${ending}`, meaning, `\`${example}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  for (const [path, content] of await referenceFiles()) await writeFile(join(root, path), content);
}
