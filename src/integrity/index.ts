export {
  fieldsOf,
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  type CanonicalValue,
} from './canonical-bytes.ts';
export { ContentLink, decodeLinked, encodeLinked, type LinkedValue } from './dag-cbor.ts';
export { pause } from './abortable-pause.ts';
export { readBodyWithin } from './bounded-body.ts';
export { base64 } from './base64.ts';
export { decodeBase64url, encodeBase64url } from './base64url.ts';
export {
  blobIdFrom,
  blockBytesMax,
  checkBlockSize,
  checkDigest,
  codecOf,
  contentIdFrom,
  DIGEST_BYTES,
  digestOf,
  evidenceIdOf,
  isLeafId,
  isManifestId,
  leafIdOf,
  manifestIdOf,
  verifyBlock,
  type Codec,
} from './content-id.ts';
export {
  checkSlice,
  decodeManifest,
  encodeManifest,
  leafAt,
  leafCountOf,
  leavesOfSlice,
  type ByteSlice,
  type LeafPart,
  type Manifest,
} from './manifest.ts';
export {
  blobHash,
  cutIntoLeaves,
  describeBlob,
  type BlobDescription,
  type BlobHash,
  type Block,
} from './blob-hash.ts';
export { findWork, isWorkDone, WORK_NONCE_BYTES, type WorkSubject } from './proof-of-work.ts';
export { agentIdOf, PUBLIC_KEY_BYTES, publicKeyOf } from './public-key.ts';
export {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  bytesToSign,
  messageSignerOf,
  signBytes,
  signerOf,
  verifyBytes,
  type MessageSigner,
  type Signer,
  type SigningInput,
  type SigningKey,
} from './signing.ts';
export {
  SIGNATURE_BYTES,
  verifyingKeyOf,
  verifySignature,
  type SignedMessage,
  type VerifyingKey,
  VerifyingKeys,
  type VerifyingPlatform,
} from './signature-rule.ts';
export { unshared } from './unshared.ts';
