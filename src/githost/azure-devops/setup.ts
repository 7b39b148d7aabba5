import type { HostSetup, SetupRepository } from '../port/setup.ts';
import { locationOf } from './repository-url.ts';
import { WEBHOOK_USER } from './webhook-user.ts';

/** A subscription of the API belongs to a project, and names it and the repository by ids that headgate.yml does not have. */
export const azureDevopsSetup: HostSetup = { hooks: null, manualText, appText: null };

const SECRET = 'the value that webhookSecret in headgate.yml refers to';

/** https://learn.microsoft.com/en-us/azure/devops/service-hooks/services/webhooks */
function manualText({ url, fullName, webhookHeader = null }: SetupRepository, webhookUrl: string): string {
  const [project = '', name = ''] = fullName.split('/');
  const api = locationOf(new URL(url))?.api ?? url;
  return [
    'Create a subscription for Web Hooks on this page:',
    `  ${api}/${encodeURIComponent(project)}/_settings/serviceHooks`,
    '  Trigger                    Code pushed',
    `  Repository                 ${name}`,
    '  Branch, Pushed by          [Any]',
    `  URL                        ${webhookUrl}`,
    ...(webhookHeader === null
      ? [`  Basic auth username        ${WEBHOOK_USER}`, `  Basic auth password        ${SECRET}`]
      : [`  HTTP headers               ${webhookHeader}: ${SECRET}`]),
    '  Resource details to send   All',
    'The button Test sends a push of an example repository, which is answered with status 400. The next push is the test.',
  ].join('\n');
}
