const { configPath, runTypeScript } = require('./pinned-node.cjs');

/** What depends on headgate.yml: policies for its secrets and the roles of its clusters, and the layer with the configuration. */
module.exports = async ({ resolveVariable }) =>
  JSON.parse(runTypeScript('infra/config-rights.ts', [configPath(), await resolveVariable('sls:stage')]));
