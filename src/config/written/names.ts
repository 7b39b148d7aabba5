const TARGET = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function isTargetName(text: string): boolean {
  return TARGET.test(text);
}

export function isNamespace(text: string): boolean {
  return NAMESPACE.test(text);
}
