import { base64 } from '../../integrity/index.ts';

const padded = base64({ lastTwo: '+/', isPadded: true });

/** RFC 4648 base64 with padding, as notes have it. */
export const encodeBase64 = padded.encode;

/** The bytes of base64 text; null where it is not what `encodeBase64` makes of them. */
export const decodeBase64 = padded.decode;
