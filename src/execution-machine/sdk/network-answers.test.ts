import { describe, expect, it } from 'vitest';
import { knownSigner } from '../../ledger/example-log.contract.ts';
import { formatVerifierKey, noteKeyOf } from '../../ledger/index.ts';
import { aboutIn, rowsIn } from './network-answers.ts';

const verifierKey = formatVerifierKey(
  noteKeyOf({ name: 'log.example', signer: await knownSigner(1) }),
);
const head = { size: 1, root: 'AA' };
const right = { key: 'a', cbor: 'AQ' };

describe('an answer', () => {
  it.each([
    ['rows', [right], true],
    ['no rows', [], true],
    ['a row that is null', [right, null], false],
    ['a row that is a number', [7], false],
    ['a row that is a list', [[right]], false],
    ['rows that are no list', { 0: right }, false],
  ])('with %s is read or told to be malformed', (_, rows, isRead) => {
    const read = rowsIn({ ...head, rows });
    expect(read.ok || read.failure.code).toBe(isRead || 'input_malformed');
  });

  it('of what the network is leaves out what names no function', () => {
    const functions = [{}, { name: 'standing' }, { name: 'credits', id: 'f' }];
    const about = aboutIn({ verifierKey, engine: 'e', functions }, undefined);
    expect(about).toMatchObject({ ok: true, value: { functions: new Map([['credits', 'f']]) } });
  });

  it.each([[[null]], [[7]], [[[]]], [null], [undefined]])(
    'with %j for functions is told to be malformed',
    (functions) => {
      const about = aboutIn({ verifierKey, engine: 'e', functions }, undefined);
      expect(about).toMatchObject({ ok: false, failure: { code: 'input_malformed' } });
    },
  );
});
