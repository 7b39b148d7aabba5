/** The metrics of one process, in the text format that Prometheus scrapes: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export interface MetricsRegistry {
  counter<Label extends string>(metric: Described<Label>): Counter<Label>;
  gauge<Label extends string>(metric: Described<Label>): Gauge<Label>;
  histogram<Label extends string>(metric: Described<Label> & { readonly buckets: readonly number[] }): Histogram<Label>;
  readonly text: () => string;
}

export interface Described<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

export interface Counter<Label extends string> {
  add(labels: Labels<Label>, by?: number): void;
  /** Sets a total that is counted elsewhere. */
  set(labels: Labels<Label>, value: number): void;
}

export interface Gauge<Label extends string> {
  set(labels: Labels<Label>, value: number): void;
}

export interface Histogram<Label extends string> {
  observe(labels: Labels<Label>, value: number): void;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function makeMetricsRegistry(): MetricsRegistry {
  const sections: (() => readonly string[])[] = [];

  function section({ name, help }: Described<string>, type: string, lines: () => readonly string[]): void {
    sections.push(() => [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines()]);
  }

  function values<Label extends string>(metric: Described<Label>, type: string) {
    const known = new Map<string, number>();
    section(metric, type, () => [...known].map(([labels, value]) => `${metric.name}${labels} ${value}`));
    return {
      add: (labels: Labels<Label>, by = 1) => {
        const key = formatLabels(metric.labels, labels);
        known.set(key, (known.get(key) ?? 0) + by);
      },
      set: (labels: Labels<Label>, value: number) => void known.set(formatLabels(metric.labels, labels), value),
    };
  }

  return {
    counter: (metric) => values(metric, 'counter'),
    gauge: (metric) => values(metric, 'gauge'),
    histogram(metric) {
      const { name, labels: names, buckets } = metric;
      const known = new Map<string, { readonly labels: Labels<string>; readonly counts: number[]; sum: number }>();
      section(metric, 'histogram', () =>
        [...known.values()].flatMap(({ labels, counts, sum }) => {
          const bucket = (le: string, count: number) =>
            `${name}_bucket${formatLabels([...names, 'le'], { ...labels, le })} ${count}`;
          const total = counts.at(-1) ?? 0;
          const own = formatLabels(names, labels);
          return [
            ...buckets.map((le, index) => bucket(String(le), counts[index] ?? 0)),
            bucket('+Inf', total),
            `${name}_sum${own} ${sum}`,
            `${name}_count${own} ${total}`,
          ];
        }),
      );
      return {
        observe(labels, value) {
          const key = formatLabels(names, labels);
          const one = known.get(key) ?? { labels, counts: [...buckets, Infinity].map(() => 0), sum: 0 };
          known.set(key, one);
          one.sum += value;
          // Each bucket counts what is at most its limit, so the last one counts everything.
          [...buckets, Infinity].forEach((le, index) => {
            if (value <= le) one.counts[index] = (one.counts[index] ?? 0) + 1;
          });
        },
      };
    },
    text: () => `${sections.flatMap((lines) => lines()).join('\n')}\n`,
  };
}

function formatLabels(names: readonly string[], labels: Readonly<Record<string, string>>): string {
  if (names.length === 0) return '';
  return `{${names.map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',')}}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
