import type { DeviceFacts } from '../joining.ts';
import { wasmFeatures } from '../wasm-features.ts';

// Some browsers name others too: the first that matches is the one. All have a version behind it.
const BROWSERS: readonly (readonly [name: string, mark: RegExp])[] = [
  ['Edge', /Edg\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /Firefox\/(\d+)/],
  ['Chromium', /Chrom(?:e|ium)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
];
const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
];

/** What this browser is, as far as it tells. */
export function browserFacts(): DeviceFacts {
  return {
    kind: 'browser',
    label: browserLabel(navigator.userAgent),
    logicalCores: Math.max(1, navigator.hardwareConcurrency),
    features: {
      ...wasmFeatures(),
      wasmThreads: crossOriginIsolated && typeof SharedArrayBuffer === 'function',
    },
  };
}

/** Words for people out of a user agent string, such as "Chromium 156, Linux". */
export function browserLabel(userAgent: string): string {
  const system = SYSTEMS.find(([, mark]) => mark.test(userAgent))?.[0] ?? 'unknown system';
  for (const [name, mark] of BROWSERS) {
    const version = mark.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}, ${system}`;
  }
  return `A browser, ${system}`;
}
