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
  ['/ledger', 'ledger'],
  ['/ledger/', 'ledger'],
  ['/ledger/1', 'unknown'],
  ['/work', 'work'],
  ['/governance', 'governance'],
])('finds the page of %s: %s', (path, route) => {
  expect(routeOf(path)).toBe(route);
});
