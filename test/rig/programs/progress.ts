/** Says on stderr what takes longer than a second, and how long it has taken. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const say = (text: string) => process.stderr.write(`${what} … ${text}\n`);
  const seconds = () => `${Math.round((performance.now() - startedMs) / 1000)} s`;
  let isSaid = false;
  const timer = setInterval(() => {
    isSaid = true;
    say(seconds());
  }, 5000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (isSaid) say(`done in ${seconds()}`);
  }
}
