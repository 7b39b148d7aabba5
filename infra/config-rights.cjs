const { configPath, runTypeScript } = require('./pinned-node.cjs');

/** The policies that let each function read only its own secrets, and assume only the roles of clusters, of headgate.yml. */
module.exports = () => JSON.parse(runTypeScript('infra/config-rights.ts', [configPath()]));
