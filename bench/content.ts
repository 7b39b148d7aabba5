import type { Files } from './repository.ts';

export type Layout = 'nested' | 'flat';

/** Nested: 20 files per folder and 50 folders per team, as in real repositories. Flat: all in one folder. */
export function pathOf(n: number, layout: Layout): string {
  if (layout === 'flat') return `apps/c${n}.yaml`;
  return `apps/team${Math.floor(n / 1000)}/app${Math.floor(n / 20) % 50}/c${n}.yaml`;
}

export function configMap(n: number, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${n}\n  labels: { app: app${n % 50} }\ndata:\n  value: ${JSON.stringify(value)}\n  text: ${JSON.stringify('x'.repeat(200))}\n`;
}

export function files(numbers: readonly number[], value: string, layout: Layout = 'nested'): Files {
  return Object.fromEntries(numbers.map((n) => [pathOf(n, layout), configMap(n, value)]));
}

export function range(count: number, step = 1): readonly number[] {
  return Array.from({ length: count }, (_, n) => n * step);
}
