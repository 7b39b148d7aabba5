export interface CodecommitLocation {
  /** Null: the host is not a name of AWS, such as an alias of a VPC endpoint. It is in the region of the process. */
  readonly region: string | null;
  readonly name: string;
}

/**
 * Null when it is not a clone URL over HTTPS.
 *
 * - `https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet`
 * - `https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/fleet`
 * - `https://vpce-0a1b-2c3d.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/fleet`
 */
export function locationOf({ hostname, pathname }: URL): CodecommitLocation | null {
  const [, name] = /^\/v1\/repos\/([\w.-]{1,100})\/?$/.exec(pathname) ?? [];
  if (name === undefined) return null;
  const [, region = null] = /(?:^|\.)git-codecommit(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(hostname) ?? [];
  return { region, name };
}
