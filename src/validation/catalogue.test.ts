import { describe, expect, it } from 'vitest';
import { OPERATORS } from '../domain/operator.ts';
import { CATALOGUE, CHECKS_OF_WORKLOADS, checksOfOperator } from './catalogue.ts';

const names = CATALOGUE.map(({ name }) => name);

describe('the catalogue', () => {
  it('has each check once, with all that it declares', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { soundness, cost, tolerance } of CATALOGUE) {
      for (const text of [soundness, cost, tolerance]) expect(text).toMatch(/\S.*\.$/s);
    }
  });

  it('names for every operator and workload checks that it has, one of numbers among them', () => {
    const lists = [...OPERATORS.map(checksOfOperator), ...Object.values(CHECKS_OF_WORKLOADS)];
    for (const list of lists) {
      expect(names).toEqual(expect.arrayContaining([...list]));
      expect(list).toEqual(expect.arrayContaining(['structure', 'recompute-rows']));
    }
    const applied = new Set(lists.flat());
    expect(names.filter((name) => !applied.has(name))).toEqual([]);
  });
});
