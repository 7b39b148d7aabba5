import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

// Holds the project `pure` to its name: a test that starts a program or opens a connection fails, and belongs to
// `parts`. Not before vitest's own worker has its channel: setup files run after that.

const refuse = (what: string) => () => {
  throw new Error(`A pure test ${what}. Name its file *.parts.test.ts.`);
};

const starts = refuse('started a program');
Object.assign(childProcess, {
  exec: starts,
  execFile: starts,
  execFileSync: starts,
  execSync: starts,
  fork: starts,
  spawn: starts,
  spawnSync: starts,
});
net.Server.prototype.listen = refuse('listened on a port');
net.Socket.prototype.connect = refuse('opened a connection');
syncBuiltinESMExports();
