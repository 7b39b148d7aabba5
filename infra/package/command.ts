import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { BUNDLE, versionOnly } from '../build.ts';

/**
 * Bundles the command and the toolkit with everything that they import, so that the npm package has no dependencies to install. `out` is as
 * deep below the root as the sources that read a file of the checkout (infra/rbac/target.yaml), so their paths stay right.
 * Returns the paths of all inputs.
 */
export async function bundleCommand(root: string, out: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...BUNDLE,
    absWorkingDir: root,
    entryPoints: { main: 'src/cli/main.ts', toolkit: 'src/toolkit/toolkit.ts', worker: 'src/parsing/worker.ts' },
    outdir: out,
    // Names stay, so that the stack in a bug report can be read without the source map.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [versionOnly, builtWorker],
    // Only kubeconfigs are read with it. Its index adds a client for every API of Kubernetes: 4 MB.
    alias: {
      '@kubernetes/client-node': join(root, 'node_modules/@kubernetes/client-node/dist/config.js'),
      undici: join(root, 'infra/package/no-undici.ts'),
    },
    chunkNames: '[name]-[hash]',
  });
  return Object.keys(metafile.inputs);
}

/** A worker is started by its file, which esbuild does not see: the bundle has it beside every chunk, as JavaScript. */
const builtWorker: Plugin = {
  name: 'built-worker',
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/parsing\/apart\.ts$/ }, async ({ path }) => {
      const contents = (await readFile(path, 'utf8')).replace("'./worker.ts'", "'./worker.js'");
      if (!contents.includes("'./worker.js'")) throw new Error(`${path} starts no worker`);
      return { contents, loader: 'ts' };
    });
  },
};
