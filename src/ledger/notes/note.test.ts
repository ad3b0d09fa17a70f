import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTE_SIGNATURES_MAX } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { importSigningKey, messageSignerOf } from '../../integrity/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { noteKeyOf, noteSignatureState, signNote } from './note-signing.ts';
import { formatNote, isKeyName, parseNote } from './signed-note.ts';
import { formatVerifierKey, parseVerifierKey, verifierKeyOf } from './verifier-key.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

// C2SP signed-note, and golang.org/x/mod/sumdb/note.
const published = [
  {
    key: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    note: `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`,
  },
  {
    key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    note: `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
`,
  },
] as const;
const [example, peter] = published;

describe('published notes', () => {
  it.each(published)('verify under $key', async ({ key, note }) => {
    const parsed = must(parseNote(utf8(note)));
    const verifier = must(parseVerifierKey(key));
    expect(formatVerifierKey(verifier)).toBe(key);
    expect(formatNote(parsed)).toEqual(utf8(note));
    expect(await noteSignatureState(verifier, parsed)).toBe('valid');
    const other = { ...parsed, text: parsed.text.replace('i', 'j') };
    expect(await noteSignatureState(verifier, other)).toBe('invalid');
  });

  it('are signed to the same bytes from the published secret', async () => {
    const secret = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64');
    const pkcs8 = Buffer.concat([
      Buffer.from('302e020100300506032b657004220420', 'hex'),
      secret.subarray(1),
    ]);
    const signer = messageSignerOf(must(await importSigningKey(new Uint8Array(pkcs8))));
    const by = { name: 'PeterNeumann', signer };
    expect(formatVerifierKey(noteKeyOf(by))).toBe(peter.key);
    const { text } = must(parseNote(utf8(peter.note)));
    const note = formatNote({ text, signatures: [await signNote(by, text)] });
    expect(new TextDecoder().decode(note)).toBe(peter.note.replace(/— Enoch.*\n/, ''));
  });

  it('say nothing of keys that did not sign', async () => {
    const verifier = must(parseVerifierKey(example.key));
    expect(await noteSignatureState(verifier, must(parseNote(utf8(peter.note))))).toBe('absent');
  });

  it('are spoilt by one more line of a known key that is not valid', async () => {
    const verifier = must(parseVerifierKey(peter.key));
    const line = /— Peter.*\n/.exec(peter.note)?.[0] ?? '';
    const spoilt = peter.note + line.replace('ZJku', 'ZJkv');
    expect(await noteSignatureState(verifier, must(parseNote(utf8(spoilt))))).toBe('invalid');
  });
});

describe('notes', () => {
  const line = '— a.example AAAAAAA=\n';

  it.each([
    ['nothing', ''],
    ['a text alone', 'text\n'],
    ['a text without end', 'text'],
    ['no signature', 'text\n\n'],
    ['no empty line', `text\n${line}`],
    ['a last line without end', `text\n\n${line.trimEnd()}`],
    ['a carriage return', `te\rxt\n\n${line}`],
    ['a tab', `te\txt\n\n${line}`],
    ['a zero', `te\0xt\n\n${line}`],
    ['a hyphen for the dash', 'text\n\n- a.example AAAAAAA=\n'],
    ['a name with a plus', 'text\n\n— a+example AAAAAAA=\n'],
    ['a name with a space of Unicode', 'text\n\n— a\u00a0example AAAAAAA=\n'],
    ['no name', 'text\n\n—  AAAAAAA=\n'],
    ['a signature of no bytes', 'text\n\n— a.example AAAAAA==\n'],
    ['base64 with other unused bits', 'text\n\n— a.example AAAAAAB=\n'],
    ['base64 without padding', 'text\n\n— a.example AAAAAAA\n'],
    ['words behind the signature', 'text\n\n— a.example AAAAAAA= b\n'],
  ])('with %s are refused', (_, text) => {
    expect(parseNote(utf8(text))).toMatchObject({ failure: { code: 'input_malformed' } });
    expect(parseNote(utf8(`text\n\n${line}`)).ok).toBe(true);
  });

  it('that are not UTF-8 are refused', () => {
    const bytes = utf8(`text\n\n${line}`);
    bytes[1] = 0xff;
    expect(parseNote(bytes)).toMatchObject({ failure: { code: 'input_malformed' } });
  });

  it('may have empty lines, and end with the last of them', () => {
    const note = must(parseNote(utf8(`a\n\nb\n\n${line}`)));
    expect(note.text).toBe('a\n\nb\n');
  });

  it('hold 64 signatures and no more, and no more bytes than allowed', () => {
    const note = (count: number) => utf8(`text\n\n${line.repeat(count)}`);
    expect(must(parseNote(note(NOTE_SIGNATURES_MAX))).signatures.length).toBe(64);
    expect(parseNote(note(NOTE_SIGNATURES_MAX + 1))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
    expect(parseNote(utf8(`${'x'.repeat(16_384)}\n\n${line}`))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });

  it('of any bytes are an outcome, and format to what was parsed', () => {
    const pieces = fc.array(
      fc.constantFrom('a', '\n', '\n\n', line, '— ', 'x y', 'AAAAAAA=', '\u2028', ' ', 'é', '\r'),
      { maxLength: 8 },
    );
    const any = fc.oneof(
      pieces.map((list) => utf8(list.join(''))),
      pieces.map((list) => utf8(`t\n${list.join('')}\n\n${line}`)),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const parsed = parseNote(bytes);
        expect(parsed.ok ? formatNote(parsed.value) : bytes).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('keys', () => {
  it('are refused with any character changed or missing', () => {
    const { key } = peter;
    for (let at = 0; at < key.length; at++) {
      const next = String.fromCharCode(key.charCodeAt(at) + 1);
      expect(parseVerifierKey(key.slice(0, at) + next + key.slice(at + 1)).ok).toBe(false);
      expect(parseVerifierKey(key.slice(0, at) + key.slice(at + 1)).ok).toBe(false);
    }
  });

  it('of another algorithm, length, or of small order are refused', () => {
    const key = must(parseVerifierKey(peter.key));
    expect(
      parseVerifierKey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW').ok,
    ).toBe(false);
    const small = { ...key, publicKey: new Uint8Array(32) };
    expect(verifierKeyOf(small)).toMatchObject({ failure: { code: 'key_unusable' } });
    expect(verifierKeyOf({ ...key, publicKey: new Uint8Array(31) }).ok).toBe(false);
  });

  it('of one name and key have another id as a witness', () => {
    const key = must(parseVerifierKey(peter.key));
    const witness = must(verifierKeyOf({ ...key, type: 'cosignature' }));
    expect(witness.keyId).not.toBe(key.keyId);
    expect(must(parseVerifierKey(formatVerifierKey(witness)))).toEqual(witness);
  });

  it('of any text are an outcome, and write themselves', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        const key = parseVerifierKey(text);
        expect(key.ok ? formatVerifierKey(key.value) : text).toBe(text);
        expect(isKeyName(text) && /[\s+]/u.test(text)).toBe(false);
      }),
    );
  });
});

describe('base64', () => {
  it('has one spelling for all bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        const bytes = decodeBase64(text);
        fc.pre(bytes !== null);
        expect(encodeBase64(bytes)).toBe(text);
      }),
    );
    expect(['A===', 'AB==', 'AAA', 'AA=A', 'A\n==', '===='].map(decodeBase64)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
