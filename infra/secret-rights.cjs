const { configPath, runTypeScript } = require('./pinned-node.cjs');

/** The policies that let each function read only its own secrets in headgate.yml. */
module.exports = () => JSON.parse(runTypeScript('infra/secret-rights.ts', [configPath()]));
