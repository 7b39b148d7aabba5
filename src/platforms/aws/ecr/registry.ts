export interface EcrRegistry {
  readonly account: string;
  readonly region: string;
}

/** `111122223333.dkr.ecr.eu-west-1.amazonaws.com`; null: not a private registry of ECR. */
export function registryOf(host: string): EcrRegistry | null {
  const [, account, region] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/.exec(host) ?? [];
  return account === undefined || region === undefined ? null : { account, region };
}
