import type { ConformanceReport } from '../domain/capability.ts';
import type { SpotVerdict } from '../kernels/index.ts';

/** A data item that arbundles 1.0.4 made, with RFC 8032's first secret key. */
const ENTRY =
  '0200f9e2c1612f978e75b531f8e8962edd3401728328fbf3c86fdc90f24de61c10146fade5f898697b4b61dd4d81' +
  'a8e679e2e10cbd5ef64c7f3381bd31f638a4e105d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af02' +
  '1a68f707511a00010000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '00000000000000000000a1616b6163';
/** Its leaf: sha-256 of a zero byte and it (RFC 6962). */
const LEAF = '0ba267c6336a4afc2d6eb34b027815410961122071f4a566bc170b307169bb26';
/** Of its signature. */
const FLIPPED_AT = 40;

/** Audits a known entry, and the same with a wrong signature, as a task of audits is done. */
export async function tryAudit(): Promise<SpotVerdict> {
  const { auditEntry } = await import('../ledger/index.ts');
  const entry = bytesOf(ENTRY);
  const wrong = entry.with(FLIPPED_AT, (entry[FLIPPED_AT] ?? 0) ^ 1);
  const [audited, refused] = [await auditEntry(entry), await auditEntry(wrong)];
  const isPassed =
    audited.isRight && !refused.isRight && bytesOf(LEAF).every((b, at) => b === audited.leaf[at]);
  if (isPassed) return { kind: 'passed' };
  return { kind: 'failed', report: report('a signature or a hash comes out wrong') };
}

/** What the vectors say of this device. */
export async function auditConformance(): Promise<ConformanceReport> {
  const verdict = await tryAudit();
  return verdict.kind === 'failed' ? verdict.report : report('');
}

function report(detail: string): ConformanceReport {
  return { primitive: 'ledger.audit', backend: 'wasm', passed: detail === '', detail };
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
