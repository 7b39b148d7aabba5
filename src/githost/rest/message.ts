/** The message of an error, whatever the host calls its field: `Validation Failed`, from `{"message": …}`. */
export function messageOf(text: string): string | null {
  return /"(?:message|error_description|error)"\s*:\s*"([^"\\]{1,200})/.exec(text)?.[1] ?? null;
}
