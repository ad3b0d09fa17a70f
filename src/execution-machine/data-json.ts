import { decodeBase64url, encodeBase64url, type CanonicalValue } from '../integrity/index.ts';

/** What JSON can say. */
export type DataJson =
  | null
  | boolean
  | number
  | string
  | readonly DataJson[]
  | { readonly [key: string]: DataJson };

/**
 * Data as people read them: JSON, with bytes as DAG-JSON has them, {"/": {"bytes": base64}}.
 *
 * A map that looks like that reads the same: whoever must know takes the canonical bytes.
 */
export function dataToJson(value: CanonicalValue): DataJson {
  if (value instanceof Uint8Array) return { '/': { bytes: base64Of(value) } };
  if (Array.isArray(value)) return (value as readonly CanonicalValue[]).map(dataToJson);
  if (typeof value !== 'object' || value === null) return value as DataJson;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, dataToJson(item)]));
}

/** The data that somebody wrote as such JSON; undefined where they are none: fractions, say. */
export function dataFromJson(json: unknown): CanonicalValue | undefined {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json + 0 : undefined;
  if (typeof json !== 'object') return undefined;
  if (Array.isArray(json)) return wholeList(json.map(dataFromJson));
  if ('/' in json) return bytesIn(json['/']);
  const rows = Object.entries(json).map(([key, item]) => [key, dataFromJson(item)] as const);
  if (rows.some(([, item]) => item === undefined)) return undefined;
  return Object.fromEntries(rows) as CanonicalValue;
}

function wholeList(items: readonly (CanonicalValue | undefined)[]): CanonicalValue | undefined {
  const whole = items.filter((item) => item !== undefined);
  return whole.length === items.length ? whole : undefined;
}

function bytesIn(json: unknown): Uint8Array | undefined {
  if (typeof json !== 'object' || json === null || !('bytes' in json)) return undefined;
  if (typeof json.bytes !== 'string') return undefined;
  const text = json.bytes.replaceAll('+', '-').replaceAll('/', '_');
  return decodeBase64url(text) ?? undefined;
}

/** RFC 4648 base64 without padding. */
function base64Of(bytes: Uint8Array): string {
  return encodeBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
}
