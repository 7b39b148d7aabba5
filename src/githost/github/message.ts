/** `Validation Failed`, from `{"message": …}`. */
export function messageOf(text: string): string | null {
  return /"message"\s*:\s*"([^"\\]{1,200})/.exec(text)?.[1] ?? null;
}
