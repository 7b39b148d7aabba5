import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

// For `node --import`: writes the URL of every module that the process loads to file descriptor 3, one per line.
registerHooks({
  load(url, context, nextLoad) {
    writeSync(3, `${url}\n`);
    return nextLoad(url, context);
  },
});
