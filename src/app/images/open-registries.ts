import type { Registry } from '../../images/ports.ts';
import { openRegistry } from '../../images/registry/registry.ts';
import type { RegistryLogin } from '../../sandbox/pull-chart.ts';
import { resolveSecret } from '../secrets.ts';
import type { SecretSources } from '../secrets.ts';
import { VERSION } from '../version.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { ImageCredentials } from '../../config/checked/config.ts';

/** Opens the registries of headgate.yml with the credentials that it names. */
export function registriesOf(
  { agents, wait, secrets }: Pick<AppRuntime, 'agents' | 'wait'> & { readonly secrets: SecretSources },
  ecrLogin: RegistryLogin,
): () => Registry {
  async function loginOf(host: string, credentials: ImageCredentials | null, signal: AbortSignal) {
    if (credentials === null) return null;
    if (credentials.kind === 'ecr') return ecrLogin(host, signal);
    const password = await resolveSecret(credentials.password, secrets, signal);
    // A registry that takes any user with a token, such as GHCR, must be sent one all the same.
    return Buffer.from(`${credentials.username ?? 'headgate'}:${password}`).toString('base64');
  }

  return () =>
    openRegistry({
      agents,
      userAgent: `headgate/${VERSION}`,
      wait,
      loginOf: ({ image, credentials }, signal) => loginOf(image.registry, credentials, signal),
    });
}
