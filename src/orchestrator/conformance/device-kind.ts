import { ADAPTER_CHARS_MAX, CONFORMANCE_SOFTWARE_CHARS_MAX } from '../../domain/limits.ts';

/** What tells kinds of devices apart in the table: a browser or runtime, and a GPU. */
export type DeviceKind = {
  /** With its major version, such as "Chromium 156". */
  readonly software: string;
  /** Empty where none was offered. */
  readonly adapter: string;
};

/** What a device says of itself. */
export type DeviceWords = {
  /** Free text: "Chromium 156, Linux". */
  readonly label: string;
  /** Empty where it offers none. */
  readonly adapter: string;
};

const UNKNOWN = 'Unknown';
/** A name, and the first part of its version: "Chromium 156, Linux", "Node 24.21.0, Linux 6.1". */
const SOFTWARE = /^([A-Za-z][A-Za-z ]{0,30}[A-Za-z]) (\d{1,5})(?=[.,]|$)/;

/** The kind of a device by what it says of itself: a stranger's words, so only some are taken. */
export function deviceKindOf({ label, adapter }: DeviceWords): DeviceKind {
  const [, name, major] = SOFTWARE.exec(label) ?? [];
  const software = name === undefined || major === undefined ? UNKNOWN : `${name} ${major}`;
  return {
    software: software.slice(0, CONFORMANCE_SOFTWARE_CHARS_MAX),
    adapter: plainLine(adapter, ADAPTER_CHARS_MAX),
  };
}

/** A stranger's text as one line of visible characters: none that end lines, hide or turn text round. */
export function plainLine(text: string, charsMax: number): string {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
  return visible.replace(/\s+/g, ' ').trim().slice(0, charsMax).trim();
}
