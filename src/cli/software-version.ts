import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the package.json above this file, in the sources as in the package. */
export function softwareVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (isVersioned(found)) return found.version;
    } catch {
      // Not in this folder: one up.
    }
  }
  return 'unknown';
}

function isVersioned(value: unknown): value is { readonly version: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'string'
  );
}
