const { createHash } = require('node:crypto');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { configPath, runTypeScript } = require('./pinned-node.cjs');

const root = join(__dirname, '..');
const out = join('dist', 'functions');

/** Bundles the functions before packaging, and names the package by a hash of its content, so that builds are reproducible and a changed headgate.yml uploads no code. */
module.exports = function PackageFunctions(serverless) {
  this.hooks = {
    'before:package:cleanup': () => {
      if (serverless.processedInput.commands[0] !== 'package') {
        throw new Error(
          'Deploy with `npx headgate bootstrap`, which also uploads the layer and shows what will change.',
        );
      }
      runTypeScript(join('infra', 'build.ts'), [configPath(), out]);
      const { service } = serverless.service;
      const stage = serverless.getProvider('aws').getStage();
      serverless.service.package.artifactDirectoryName = `serverless/${service}/${stage}/${contentHash()}`;
    },
  };
};

function contentHash() {
  const hash = createHash('sha256');
  const names = readdirSync(join(root, out), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const name of names.toSorted()) hash.update(name.slice(root.length)).update('\0').update(readFileSync(name));
  return hash.digest('hex').slice(0, 32);
}
