import { expect, it } from 'vitest';
import { browserLabel } from './browser-facts.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';

it.each([
  [`${CHROME} Chrome/156.0.0.0 Safari/537.36`, 'Chromium 156, Linux'],
  [`${CHROME} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`, 'Edge 156, Linux'],
  ['Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0', 'Firefox 150, Android'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.1 Safari/605.1.15',
    'Safari 19, macOS',
  ],
  ['something new', 'A browser, unknown system'],
])('names %s', (userAgent, label) => {
  expect(browserLabel(userAgent)).toBe(label);
});
