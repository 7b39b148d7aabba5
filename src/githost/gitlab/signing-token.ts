/** A secret with this prefix is a signing token, any other one is a token that every delivery repeats. Headers do not decide it. */
export function isSigningToken(secret: string): boolean {
  return secret.startsWith(PREFIX);
}

/** The key of the HMAC: the rest of a signing token, decoded. */
export function keyOf(signingToken: string): Buffer {
  return Buffer.from(signingToken.slice(PREFIX.length), 'base64');
}

const PREFIX = 'whsec_';
