/** Reports on stderr when work takes longer than five seconds, and how long it took. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const print = (text: string) => process.stderr.write(`${what} … ${text}\n`);
  const seconds = () => `${Math.round((performance.now() - startedMs) / 1000)} s`;
  let isPrinted = false;
  const timer = setInterval(() => {
    isPrinted = true;
    print(seconds());
  }, 5000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (isPrinted) print(`done in ${seconds()}`);
  }
}
