import { base64 } from './base64.ts';

const base64url = base64({ lastTwo: '-_', isPadded: false });

/** RFC 4648 base64url without padding. For keys and other short bytes. */
export const encodeBase64url = base64url.encode;

/** The bytes of base64url text; null where it is not what `encodeBase64url` makes of them. */
export const decodeBase64url = base64url.decode;
