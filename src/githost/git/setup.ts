import type { HostSetup } from '../port/setup.ts';

export const gitSetup: HostSetup = {
  hooks: null,
  manualText: (_repository, webhookUrl) =>
    [
      'Without a webhook, the sweep finds every push. To deploy it at once, copy hooks/post-receive of Headgate to the hooks of the',
      'repository on the server, make it executable, and run there:',
      `  git config headgate.url ${webhookUrl}`,
      '  git config headgate.secretFile /etc/headgate/webhook-secret',
      'The file has the value that webhookSecret in headgate.yml refers to, and only the user that receives pushes may read it.',
    ].join('\n'),
  appText: null,
};
