import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Example {
  readonly name: string;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}

/** Payloads from GitHub, by event: @octokit/webhooks-examples, read as a file because its types do not support ES modules. */
export const EXAMPLES: readonly Example[] = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@octokit/webhooks-examples'), 'utf8'),
);
