const TARGET = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** The names of roles hold the stage and the region, and have 64 characters at most. */
const STAGE = /^[a-z][a-z0-9-]{0,14}$/;
/** Of any partition: `eu-west-1`, `us-gov-west-1`, `eusc-de-east-1`. */
const AWS_REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d+$/;

export function isTargetName(text: string): boolean {
  return TARGET.test(text);
}

export function isNamespace(text: string): boolean {
  return NAMESPACE.test(text);
}

export function isAwsRegion(text: string): boolean {
  return AWS_REGION.test(text);
}

export function isStage(text: string): boolean {
  return STAGE.test(text);
}
