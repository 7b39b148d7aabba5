import type { Repository } from '../../config/checked/config.ts';
import { newAppPage } from '../../githost/github/hooks.ts';

/** How to create a GitHub App for a repository, as text to follow. */
export function githubAppInstructions({ fullName, url }: Repository, webhookUrl: string): string {
  const [owner = ''] = (fullName ?? '').split('/');
  return [
    'Create the App on this page. Everything but the webhook secret is filled in:',
    `  ${newAppPage({ owner, webhookUrl, web: new URL(url).origin })}`,
    'Paste the webhook secret that headgate.yml refers to, generate a private key, install the App on the repository, and set',
    '  credentials: { app: <App ID>, installation: <number at the end of the URL of the installation>, privateKey: ssm:<name> }',
    'An App sends the events of all its repositories to this one URL. For each further repository, register a webhook with --token.',
  ].join('\n');
}
