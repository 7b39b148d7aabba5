const { configPath, runTypeScript } = require('./pinned-node.cjs');

/** The policies that let each function read the secrets which headgate.yml names for it, and no others. */
module.exports = () => JSON.parse(runTypeScript('infra/secret-rights.ts', [configPath()]));
