/** RFC 4648 base64 with padding, as notes have it. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: an engine bounds how many arguments a call may have.
  for (let at = 0; at < bytes.byteLength; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

/** The bytes of base64 text; null where it is not what `encodeBase64` makes of them. */
export function decodeBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return encodeBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
