import { describe, expect, it } from 'vitest';
import { proofOfCanary, liarAdmission, type LieClaim } from './lying-agents.ts';

const operatorKey = `mho_${'k'.repeat(43)}`;
const challenge = Uint8Array.from({ length: 56 }, (_, index) => index);
const proof = proofOfCanary({ operatorKey, challenge });
const claim = (changes: Partial<LieClaim> = {}): LieClaim => ({ challenge, ...changes });

type Case = [what: string, changes: Partial<LieClaim>, alone: string, sandbox: string];
const CASES: Case[] = [
  ['is honest', {}, 'ordinary', 'ordinary'],
  ['is honest, and says so', { lie: null, canaryProof: null }, 'ordinary', 'ordinary'],
  ['lies', { lie: 'one-element' }, 'sandbox_only', 'ordinary'],
  ['lies in a way unheard of', { lie: 'x'.repeat(40) }, 'sandbox_only', 'ordinary'],
  ['names a lie too long', { lie: 'x'.repeat(41) }, 'input_invalid', 'input_invalid'],
  ['names no lie but markup', { lie: '<b>' }, 'input_invalid', 'input_invalid'],
  ['is a canary', { lie: 'scaled', canaryProof: proof }, 'canary', 'canary'],
  ['is a canary without a lie', { canaryProof: proof }, 'input_invalid', 'input_invalid'],
  [
    'is a canary of another challenge',
    { lie: 'scaled', canaryProof: proof, challenge: challenge.toReversed() },
    'signature_invalid',
    'signature_invalid',
  ],
  [
    'is a canary by another key',
    { lie: 'scaled', canaryProof: proofOfCanary({ operatorKey: 'mho_other', challenge }) },
    'signature_invalid',
    'signature_invalid',
  ],
  [
    'is a canary with a short proof',
    { lie: 'scaled', canaryProof: proof.subarray(1) },
    'signature_invalid',
    'signature_invalid',
  ],
];

describe('an agent that', () => {
  it.each(CASES)('%s (%j) becomes %s, in a sandbox %s', (_, changes, alone, sandbox) => {
    const become = [false, true].map((isSandbox) => {
      const admitted = liarAdmission({ isSandbox, operatorKey })(claim(changes));
      return admitted.ok ? admitted.value.kind : admitted.failure.code;
    });
    expect(become).toEqual([alone, sandbox]);
  });

  it('claims to be a canary is refused where there is no operator key', () => {
    const admitted = liarAdmission({ isSandbox: false, operatorKey: null })(
      claim({ lie: 'scaled', canaryProof: proof }),
    );
    expect(admitted).toMatchObject({ failure: { code: 'signature_invalid' } });
  });

  it('lies where it may not is told where it may', () => {
    const admitted = liarAdmission({ isSandbox: false, operatorKey })(claim({ lie: 'scaled' }));
    expect(admitted).toMatchObject({
      failure: { message: expect.stringContaining('manyhands start --sandbox') },
    });
  });
});
