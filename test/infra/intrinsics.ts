export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
};

export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Resolves a value of a template in one account. Supports enough of CloudFormation's functions for ARNs in policies. */
export function resolve(value: unknown, parameters: Parameters = {}): unknown {
  if (Array.isArray(value)) {
    return value.map((each) => resolve(each, parameters)).filter((each) => each !== undefined);
  }
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = ['', null], ...more] = Object.entries(value);
  if (more.length === 0) {
    if (key === 'Ref') return argument === 'AWS::NoValue' ? undefined : named(String(argument), parameters);
    if (key === 'Fn::GetAtt') return `arn:of:${String(Array.isArray(argument) ? argument[0] : argument).split('.')[0]}`;
    if (key === 'Fn::Sub') {
      return String(argument).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => String(named(name, parameters)));
    }
    if (key === 'Fn::Join' || key === 'Fn::Split') {
      const [separator, of] = argument as [string, unknown];
      const inner = resolve(of, parameters);
      return key === 'Fn::Join' ? (inner as string[]).join(separator) : String(inner).split(separator);
    }
    if (key === 'Fn::If') {
      const [condition, yes, no] = argument as [string, unknown, unknown];
      return resolve(parameters[condition] === 'true' ? yes : no, parameters);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, parameters)]));
}

function named(name: string, parameters: Parameters): string | readonly string[] {
  return PSEUDO[name] ?? parameters[name] ?? `ref-${name}`;
}
