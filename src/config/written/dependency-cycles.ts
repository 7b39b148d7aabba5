/** Each cycle of a graph once, as the names along it. Edges to names that are not in the graph are ignored. */
export function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const done = new Set<string>();
  const cycles: (readonly string[])[] = [];

  function follow(name: string, path: readonly string[]): void {
    const start = path.indexOf(name);
    if (start !== -1) {
      cycles.push(path.slice(start));
      return;
    }
    if (done.has(name)) return;
    for (const next of edges.get(name) ?? []) follow(next, [...path, name]);
    done.add(name);
  }

  for (const name of edges.keys()) follow(name, []);
  return cycles;
}
