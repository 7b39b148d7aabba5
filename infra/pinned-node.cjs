const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Runs a TypeScript file with the Node version that this project pins. Serverless itself may run on another one. */
exports.runTypeScript = function runTypeScript(file, args) {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 };
  const { status, stdout, stderr, error } = spawnSync(
    node,
    ['--disable-warning=ExperimentalWarning', file, ...args],
    options,
  );
  if (status === 0) return stdout;
  throw new Error((stderr || error?.message || `${file} exited with status ${status}`).trim());
};

/** The configuration to package with the functions. A fresh checkout has none, and then the example is used. */
exports.configPath = function configPath() {
  const written = process.env.HEADGATE_CONFIG || 'headgate.yml';
  return existsSync(join(root, written)) || process.env.HEADGATE_CONFIG
    ? written
    : join('infra', 'headgate.example.yml');
};
