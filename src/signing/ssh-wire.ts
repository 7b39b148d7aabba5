/** The fields of SSH's messages (RFC 4251, section 5), read in order. Past the end, they are short or empty. */
export function readWire(bytes: Buffer) {
  let at = 0;
  const take = (length: number) => {
    const taken = bytes.subarray(at, at + length);
    at += length;
    return taken;
  };
  const number = () => {
    const taken = take(4);
    return taken.length === 4 ? taken.readUInt32BE(0) : 0;
  };
  const field = () => take(number());
  return { uint32: number, string: field, text: () => field().toString('latin1'), isCut: () => at > bytes.length };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Of an unsigned number: a leading bit that is set would make it negative. */
export function mpint(value: Uint8Array): Buffer {
  const bytes = unsigned(value);
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return string(isNegative ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** Without the zeros in front. */
export function unsigned(value: Uint8Array): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  return first === -1 ? Buffer.alloc(0) : Buffer.from(value.subarray(first));
}
