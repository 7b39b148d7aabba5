/** What CloudFormation shows of a stack, and has made of its template. */
export interface ShownStack {
  readonly status: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** With their properties as text, in which parameters and conditions are resolved. */
  readonly resources: Readonly<Record<string, { readonly type: string; readonly text: string }>>;
}

interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string | number }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Condition?: string }>>;
}

/** @throws Error with CloudFormation's words for a parameter that it refuses */
export function applyTemplate(
  text: string,
  given: ReadonlyMap<string, string | null>,
  before: Readonly<Record<string, string>>,
): Pick<ShownStack, 'parameters' | 'resources'> {
  const template = JSON.parse(text) as Template;
  const { Parameters = {} } = template;
  const undeclared = [...given.keys()].filter((name) => !(name in Parameters));
  if (undeclared.length > 0) throw new Error(`Parameters: [${undeclared.join(', ')}] do not exist in the template`);
  const parameters = Object.fromEntries(
    Object.entries(Parameters).map(([name, { Default }]) => {
      const value = given.has(name) ? (given.get(name) ?? before[name]) : Default;
      if (value === undefined) throw new Error(`Parameters: [${name}] must have values`);
      return [name, String(value)];
    }),
  );
  const made = Object.entries(resourcesWith(template, parameters));
  const resources = made.map(([name, each]) => [name, { type: each.Type, text: JSON.stringify(each) }] as const);
  return { parameters, resources: Object.fromEntries(resources) };
}

/** The resources that a template makes with these parameters; other functions of CloudFormation stay as they are. */
export function resourcesWith<T extends Template['Resources'][string]>(
  { Conditions = {}, Resources }: Template & { readonly Resources: Readonly<Record<string, T>> },
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, T>> {
  const resolve = (value: unknown) => resolveIn(value, { parameters, conditions: Conditions });
  const made = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || resolve(Conditions[Condition]) === true,
  );
  return Object.fromEntries(made.map(([name, resource]) => [name, resolve(resource) as T]));
}

interface Scope {
  readonly parameters: Readonly<Record<string, string>>;
  readonly conditions: Readonly<Record<string, unknown>>;
}

function resolveIn(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveIn(each, scope)).filter((each) => each !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = ['', null], ...more] = Object.entries(value);
  if (more.length === 0) {
    if (key === 'Ref' && argument === 'AWS::NoValue') return undefined;
    if (key === 'Ref' && scope.parameters[String(argument)] !== undefined) return scope.parameters[String(argument)];
    if (key === 'Condition') return resolveIn(scope.conditions[String(argument)], scope);
    if (key === 'Fn::Not') return resolveIn((argument as unknown[])[0], scope) !== true;
    if (key === 'Fn::And') return (argument as unknown[]).every((each) => resolveIn(each, scope) === true);
    if (key === 'Fn::Equals') {
      const [left, right] = (argument as unknown[]).map((each) => resolveIn(each, scope));
      return left === right;
    }
    if (key === 'Fn::If') {
      const [condition, yes, no] = argument as [string, unknown, unknown];
      return resolveIn(resolveIn(scope.conditions[condition], scope) === true ? yes : no, scope);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolveIn(each, scope)]));
}

/** AWS refuses reservations that leave too little to all other functions. */
export function refusedReservation({ resources }: ShownStack, unreserved: number): string | null {
  const reserved = Object.values(resources)
    .map(({ text }) => Number(/"ReservedConcurrentExecutions":(\d+)/.exec(text)?.[1] ?? 0))
    .reduce((sum, each) => sum + each, 0);
  if (reserved === 0 || unreserved - reserved >= 100) return null;
  return "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].";
}
