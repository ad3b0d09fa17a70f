import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

it.each([
  ['/', 'contribute'],
  ['/contribute', 'contribute'],
  ['/network', 'network'],
  ['/network/', 'network'],
  ['/networks', 'unknown'],
  ['/network/x', 'unknown'],
  ['/simulate', 'simulate'],
  ['/evidence', 'evidence'],
  ['/evidence/', 'evidence'],
  ['/evidence/bafyrei', 'evidence'],
  ['/evidence/bafyrei/x', 'unknown'],
  ['/evidences', 'unknown'],
  ['/devices', 'devices'],
  ['/devices/', 'devices'],
  ['/device', 'unknown'],
])('finds the page of %s: %s', (path, route) => {
  expect(routeOf(path)).toBe(route);
});
