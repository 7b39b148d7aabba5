import { textAt, textsAt } from './foreign-object.ts';
import type { Fields } from './foreign-object.ts';

/** `ignoreDifferences` of Argo CD and the rules of Flux's drift detection as `ignore`, and what it cannot hold. */
export function ignoreRules(rules: readonly Fields[]): {
  readonly rules: readonly Fields[];
  readonly lost: readonly string[];
} {
  const imported = rules.map((rule) => {
    const filters = textsAt(rule, 'jqPathExpressions').map((filter) => ({ filter, pointer: pointerOf(filter) }));
    const paths = [
      ...textsAt(rule, 'jsonPointers'),
      ...filters.flatMap(({ pointer }) => (pointer === null ? [] : [pointer])),
    ];
    const keys = Object.fromEntries(
      ['group', 'kind', 'namespace', 'name'].flatMap((key) => {
        const text = textAt(rule, key);
        return text === null || text === '*' ? [] : [[key, text]];
      }),
    );
    const selectors = ['labelSelector', 'annotationSelector'].filter((key) => textAt(rule, key) !== null);
    const isRoot = paths.includes('');
    return {
      rules: paths.length === 0 || isRoot || selectors.length > 0 ? [] : [{ ...keys, paths }],
      lost: [
        ...filters.flatMap(({ filter, pointer }) =>
          pointer === null
            ? [`ignore has JSON pointers only. Write the fields that ${filter} selects as pointers.`]
            : [],
        ),
        ...textsAt(rule, 'managedFieldsManagers').map(
          (manager) => `List the fields of manager ${manager} in ignore as JSON pointers.`,
        ),
        ...selectors.map((key) => `ignore has no ${key}. Name the objects.`),
        ...(isRoot ? ['Annotate the object with headgate.dev/apply: create-only instead of ignoring all of it.'] : []),
      ],
    };
  });
  return { rules: imported.flatMap((each) => each.rules), lost: imported.flatMap(({ lost }) => lost) };
}

/** `.spec.replicas` is `/spec/replicas`; any other filter of jq selects more than one field. */
function pointerOf(filter: string): string | null {
  return /^(?:\.[A-Za-z_]\w*)+$/.test(filter) ? filter.replaceAll('.', '/') : null;
}
