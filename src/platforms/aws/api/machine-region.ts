/**
 * The region as AWS's SDK and CLI find it: environment, else the profile. Null: none. Imports the SDK unless the environment
 * has it.
 */
export async function machineRegion(env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const set = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (set) return set;
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient({});
  // The SDK throws when no profile has one.
  const region = client.config.region().catch(() => null);
  return region.finally(() => client.destroy());
}
