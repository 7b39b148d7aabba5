import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, cached } from '../programs/cache.ts';
import { makeGoPart } from '../programs/go-part.ts';
import type { GoPart } from '../programs/go-part.ts';
import { withProgress } from '../programs/progress.ts';

const VERSION = '3.1.2';

const REGISTRY: GoPart = {
  name: 'registry',
  package: 'github.com/distribution/distribution/v3/cmd/registry',
  moduleDirectory: join(dirname(fileURLToPath(import.meta.url)), 'build'),
  ldflags: '-s -w',
  // Its releases are archives.
  release: null,
  remedy: '',
};

/** The distribution registry, from the cache or built. A build takes three minutes, once. */
export function getRegistry(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return cached(join(cacheDirectory(env), `registry-${VERSION}`, 'registry'), (temporary) =>
    withProgress(`getting registry ${VERSION}`, async () => void (await makeGoPart(REGISTRY, temporary, env))),
  );
}
