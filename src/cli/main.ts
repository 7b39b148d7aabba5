import { DeployError } from '../error/deploy-error.ts';
import { VERSION } from '../app/version.ts';
import { askAtTerminal } from './terminal/ask.ts';
import { askSecretAt } from './terminal/ask-secret.ts';
import type { OutputStream } from './terminal/cli-process.ts';
import { runCommandLine } from './command-line.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C skips the orderly shutdown.
    if (interruption.signal.aborted && signal === 'SIGINT') process.exit(130);
    const remedy = 'Run it again: the next run resumes from what this one recorded.';
    interruption.abort(
      new DeployError('interrupted', { subject: 'headgate', message: `interrupted by ${signal}`, remedy }),
    );
  });
}

function streamOf(stream: NodeJS.WriteStream): OutputStream {
  // `headgate status | head` closes the pipe early: the reader is gone.
  stream.on('error', () => process.exit(1));
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY };
}

const exitCode = await runCommandLine(
  {
    args: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    ask: askAtTerminal(process, interruption.signal),
    askSecret: askSecretAt(process, interruption.signal),
    signal: interruption.signal,
    nowMs: () => Date.now(),
  },
  VERSION,
);
// Pooled connections would keep the process alive, so exit explicitly, once the output is flushed.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
