import { describe, expect, it } from 'vitest';
import { azureDevopsApi } from '../../../src/githost/azure-devops/api.ts';
import { azureDevopsProfile } from '../../../src/githost/azure-devops/profile.ts';
import { azureDevopsReceiver } from '../../../src/githost/azure-devops/receiver.ts';
import { azureDevopsSetup } from '../../../src/githost/azure-devops/setup.ts';
import { aRevision } from '../builders.ts';
import { AZURE_DEVOPS } from '../conformance/azure-devops-case.ts';
import { deliveryOf } from '../conformance/cases.ts';
import { NEW, UPDATE } from '../conformance/host-case.ts';

describe('the URL of a repository on Azure DevOps', () => {
  it.each([
    ['https://dev.azure.com/acme/shop/_git/fleet', 'https://dev.azure.com/acme', 'shop/fleet'],
    ['https://dev.azure.com/acme/_git/shop', 'https://dev.azure.com/acme', 'shop/shop'],
    ['https://dev.azure.com/acme/a%20b/_git/c%20d', 'https://dev.azure.com/acme', 'a b/c d'],
    ['https://dev.azure.com/acme/shop/_git/_full/fleet', 'https://dev.azure.com/acme', 'shop/fleet'],
    ['https://acme.visualstudio.com/shop/_git/fleet', 'https://acme.visualstudio.com', 'shop/fleet'],
    ['https://acme.visualstudio.com/_git/shop', 'https://acme.visualstudio.com', 'shop/shop'],
    ['https://acme.visualstudio.com/DefaultCollection/shop/_git/fleet', 'https://acme.visualstudio.com', 'shop/fleet'],
    ['https://acme.visualstudio.com/DefaultCollection/_git/shop', 'https://acme.visualstudio.com', 'shop/shop'],
    ['https://tfs.example.com/tfs/Main/shop/_git/fleet', 'https://tfs.example.com/tfs/Main', 'shop/fleet'],
    ['https://tfs.example.com/Main/shop/_git/fleet', 'https://tfs.example.com/Main', 'shop/fleet'],
  ])('has the base of its API and its name in %s', (url, api, fullName) => {
    expect(azureDevopsProfile.apiOf(new URL(url))).toBe(api);
    expect(azureDevopsProfile.fullNameOf(new URL(url), 'fleet')).toBe(fullName);
  });

  it.each([
    'https://dev.azure.com/acme/shop',
    'https://dev.azure.com/_git/fleet',
    'https://dev.azure.com/acme/shop/_git',
    'https://dev.azure.com/acme/shop/more/_git/fleet',
    'https://dev.azure.com/acme/shop/_git/fleet/more',
  ])('is refused when it cannot be cloned from: %s', (url) => {
    expect(azureDevopsProfile.fullNameOf(new URL(url), 'fleet')).toBeNull();
  });
});

describe('a delivery of Azure DevOps', () => {
  const accepts = async (authorization: string) => {
    const { headers, ...delivery } = deliveryOf(AZURE_DEVOPS, AZURE_DEVOPS.push([UPDATE]));
    const sent = { ...delivery, headers: { ...headers, authorization } };
    return (await azureDevopsReceiver.authenticate(sent, { secrets: ['a secret'], nowMs: 0 })) !== null;
  };
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it('is authentic with the user and the secret, and with no other user', async () => {
    expect(await accepts(basic('headgate:a secret'))).toBe(true);
    expect(await accepts(basic(':a secret'))).toBe(false);
    expect(await accepts(basic('admin:a secret'))).toBe(false);
    expect(await accepts('Bearer a secret')).toBe(false);
  });
});

describe('a commit status of Azure DevOps', () => {
  const at = { api: 'https://dev.azure.com/acme', fullName: 'Shop Floor/fleet', revision: aRevision(NEW) };
  const status = { state: 'failure', context: 'headgate/plan/shop', description: '' } as const;

  it('has everything before the last slash of its context as genre', () => {
    const { url, body } = azureDevopsApi.statusRequest(at, status);
    expect(url).toBe(
      `https://dev.azure.com/acme/Shop%20Floor/_apis/git/repositories/fleet/commits/${NEW}/statuses?api-version=7.0`,
    );
    expect(JSON.parse(body ?? '')).toEqual({
      state: 'failed',
      description: '',
      context: { genre: 'headgate/plan', name: 'shop' },
    });
  });

  it('is not set by the sign-in page, which is the answer to an expired token', () => {
    expect(azureDevopsApi.isStatusSet({ status: 203, headers: {}, text: '<html>Sign in</html>' })).toBe(false);
  });

  it('is sent with the token as password', () => {
    expect(azureDevopsApi.authorizationOf('planted-token')).toBe(
      `Basic ${Buffer.from(':planted-token').toString('base64')}`,
    );
  });
});

it('prints the page of the project for the service hook', () => {
  const repository = { url: 'https://acme.visualstudio.com/Shop%20Floor/_git/fleet', fullName: 'Shop Floor/fleet' };
  expect(
    azureDevopsSetup.manualText({ ...repository, pullRequests: false }, 'https://headgate.example.com/webhooks/fleet'),
  ).toContain('  https://acme.visualstudio.com/Shop%20Floor/_settings/serviceHooks\n');
});
