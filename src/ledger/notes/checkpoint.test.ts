import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { must, newSigner, policyOf, policyText } from '../example-log.contract.ts';
import { EMPTY_ROOT } from '../tree/hashes.ts';
import { checkpointText, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign, cosignatureState, cosignerKeyOf } from './cosignature.ts';
import type { NoteSigner } from './note-signing.ts';
import { parsePolicy } from './parse-policy.ts';
import { trustCheckpoint } from './policy.ts';
import { formatNote, parseNote } from './signed-note.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const head = { size: 20_852_163, root: EMPTY_ROOT };

let log: NoteSigner;
let witnesses: NoteSigner[];
beforeAll(async () => {
  log = { name: 'log.example', signer: await newSigner() };
  witnesses = await Promise.all(
    [1, 2, 3].map(async (at) => ({ name: `w${at}.example`, signer: await newSigner() })),
  );
});

/** A checkpoint cosigned by those witnesses. */
async function seenBy(...seers: readonly NoteSigner[]): Promise<Uint8Array> {
  const { note } = await signCheckpoint(log, head);
  const lines = await Promise.all(seers.map((one) => cosign(one, note.text, 1_679_315_147)));
  return formatNote({ ...note, signatures: [...note.signatures, ...lines] });
}

describe('checkpoints', () => {
  const root = Buffer.from(EMPTY_ROOT).toString('base64');
  const line = '— a.example AAAAAAA=\n';

  it('read what C2SP writes', () => {
    const published = utf8(`example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`);
    const { checkpoint, note } = must(parseCheckpoint(published));
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
    expect(checkpointText(checkpoint)).toBe(note.text);
    expect(formatNote(note)).toEqual(published);
  });

  it('may have further lines, and come back as they are', () => {
    const { checkpoint, note } = must(parseCheckpoint(utf8(`a\n0\n${root}\nmore\n\n${line}`)));
    expect(checkpoint.extensions).toEqual(['more']);
    expect(checkpointText(checkpoint)).toBe(note.text);
  });

  it.each([
    ['no origin', `\n1\n${root}\n`],
    ['a size with a zero in front', `a\n01\n${root}\n`],
    ['a negative size', `a\n-1\n${root}\n`],
    ['a size beyond the limit', `a\n1099511627777\n${root}\n`],
    ['no size', `a\n\n${root}\n`],
    ['a short root', 'a\n1\nAAAA\n'],
    ['a root that is no base64', 'a\n1\n!\n'],
    ['no root', 'a\n1\n'],
    ['an empty line between', `a\n1\n${root}\n\nmore\n`],
  ])('with %s are refused', (_, text) => {
    expect(parseCheckpoint(utf8(`${text}\n${line}`))).toMatchObject({
      failure: { code: 'input_malformed' },
    });
    expect(parseCheckpoint(utf8(`a\n1099511627776\n${root}\n\n${line}`)).ok).toBe(true);
  });

  it('of any bytes are an outcome, and written as they were read', () => {
    const piece = fc.constantFrom('a', '\n', '0', '12', root, `\n${line}`, line, '\n\n', 'é', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const bytes = utf8(pieces.join(''));
        const parsed = parseCheckpoint(bytes);
        const text = parsed.ok ? checkpointText(parsed.value.checkpoint) : '';
        expect(parsed.ok ? parsed.value.note.text : '').toBe(text);
      }),
    );
  });
});

describe('cosignatures', () => {
  it('are valid for their witness, checkpoint and time alone', async () => {
    const [one, two] = witnesses;
    const key = cosignerKeyOf(one ?? log);
    const note = must(parseNote(await seenBy(one ?? log)));
    expect(await cosignatureState(key, note)).toEqual({ kind: 'valid', atSeconds: 1_679_315_147 });
    expect(await cosignatureState(cosignerKeyOf(two ?? log), note)).toEqual({ kind: 'absent' });
    const grown = { ...note, text: note.text.replace('20852163', '20852164') };
    expect(await cosignatureState(key, grown)).toEqual({ kind: 'invalid' });
    const later = structuredClone(note);
    later.signatures[1]!.bytes[7]! ^= 1;
    expect(await cosignatureState(key, later)).toEqual({ kind: 'invalid' });
    const short = structuredClone(note);
    Object.assign(short.signatures[1]!, { bytes: note.signatures[1]!.bytes.slice(1) });
    expect(await cosignatureState(key, short)).toEqual({ kind: 'invalid' });
  });
});

describe('a policy', () => {
  it('trusts what its log signed and its quorum saw', async () => {
    const [one = log, two = log, three = log] = witnesses;
    const table: [number, readonly NoteSigner[], boolean][] = [
      [0, [], true],
      [1, [], false],
      [1, [one], true],
      [2, [one], false],
      [2, [one, three], true],
      [3, [one, two], false],
      [3, [three, two, one], true],
      [2, [one, one], false],
    ];
    for (const [threshold, seers, expected] of table) {
      const policy = policyOf(log, witnesses, threshold);
      const trusted = await trustCheckpoint(policy, await seenBy(...seers));
      expect(trusted.ok).toBe(expected);
    }
  });

  it('trusts no other log, and no key under another name', async () => {
    const stranger = { name: log.name, signer: await newSigner() };
    const renamed = { name: 'other.example', signer: log.signer };
    const bytes = await seenBy();
    expect((await trustCheckpoint(policyOf(log), bytes)).ok).toBe(true);
    for (const other of [stranger, renamed]) {
      expect(await trustCheckpoint(policyOf(other), bytes)).toMatchObject({
        failure: { code: 'checkpoint_untrusted' },
      });
    }
  });

  it('refuses a checkpoint that a known witness did not sign, whoever else did', async () => {
    const [one = log, two = log] = witnesses;
    const note = must(parseNote(await seenBy(one, two)));
    note.signatures[2]!.bytes[20]! ^= 1;
    const policy = policyOf(log, witnesses, 1);
    expect(await trustCheckpoint(policy, formatNote(note))).toMatchObject({
      failure: { code: 'checkpoint_untrusted' },
    });
  });

  it('comes from its text', async () => {
    const policy = must(parsePolicy(utf8(policyText(log, witnesses))));
    expect((await trustCheckpoint(policy, await seenBy(...witnesses))).ok).toBe(true);
    expect((await trustCheckpoint(policy, await seenBy(...witnesses.slice(1)))).ok).toBe(false);
    const alone = must(parsePolicy(utf8(policyText(log, []))));
    expect((await trustCheckpoint(alone, await seenBy())).ok).toBe(true);
  });

  it('may have groups in groups, comments, tabs, addresses and names of any bytes', async () => {
    const [one, two, three] = policyText(log, witnesses)
      .split('\n')
      .filter((line) => line.startsWith('witness'))
      .map((line) => line.split(' ')[2] ?? '');
    const text = utf8(
      `# ours\n\t \nwitness ~1\t${one} https://w.example\nwitness ~2 ${two}\n` +
        `group ~ 1 ~1 ~2\nwitness Y ${three}\n  group both all ~ Y  \nquorum both\n` +
        policyText(log, []).replace(/quorum.*\n/, ''),
    );
    const policy = must(parsePolicy(text));
    expect((await trustCheckpoint(policy, await seenBy(...witnesses.slice(1)))).ok).toBe(true);
    expect((await trustCheckpoint(policy, await seenBy(...witnesses.slice(0, 2)))).ok).toBe(false);
    const octets = text.map((byte) => (byte === '~'.charCodeAt(0) ? 0xff : byte));
    expect((await trustCheckpoint(must(parsePolicy(octets)), await seenBy())).ok).toBe(false);
    expect((await trustCheckpoint(must(parsePolicy(octets)), await seenBy(...witnesses))).ok).toBe(
      true,
    );
  });

  it('is refused where it is not written as it must be', () => {
    const whole = policyText(log, witnesses);
    const lines = whole.split('\n').filter((line) => line !== '');
    const [logLine = '', w0 = '', w1 = '', w2 = ''] = lines;
    const bad = [
      '',
      whole.trimEnd(),
      whole.replace('\n', '\r\n'),
      `${whole}quorum w0\n`,
      whole.replace('quorum all-of-them', 'quorum nobody'),
      whole.replace(/quorum.*\n/, ''),
      `${logLine}\n${whole}`,
      `${w0.replace('w0', 'w9')}\n${whole}`,
      `${whole.replace(/quorum.*\n/, '')}group g any w0\nquorum g\n`,
      [w0, w1, w2, 'group g 4 w0 w1 w2', 'quorum g', ''].join('\n'),
      [w0, w1, w2, 'group g 0 w0 w1 w2', 'quorum g', ''].join('\n'),
      [w0, w1, w2, 'group g 01 w0 w1 w2', 'quorum g', ''].join('\n'),
      [w0, w1, w2, 'group g any', 'quorum g', ''].join('\n'),
      [w0, w1, w2, 'group none any w0', 'quorum none', ''].join('\n'),
      [w0, w1, w2, 'group g any none', 'quorum g', ''].join('\n'),
      [w0, w1, w2, 'group w0 any w1', 'quorum w0', ''].join('\n'),
      ['group g any w0', w0, 'quorum g', ''].join('\n'),
      ['quorum w0', w0, ''].join('\n'),
      [w0, 'quorum w0 w0', ''].join('\n'),
      ['quorum', ''].join('\n'),
      ['wittness', 'quorum none', ''].join('\n'),
      [logLine.replace('log', 'witness w'), 'quorum none', ''].join('\n'),
      [w0.replace('witness w0', 'log'), 'quorum none', ''].join('\n'),
      [`${logLine} https://a b`, 'quorum none', ''].join('\n'),
    ];
    const taken = bad.filter((text) => parsePolicy(utf8(text)).ok);
    expect(taken).toEqual([]);
    expect(parsePolicy(utf8(whole)).ok).toBe(true);
    expect(parsePolicy(new Uint8Array(70_000).fill(10))).toMatchObject({
      failure: { code: 'limit_exceeded' },
    });
  });

  it('of any bytes is an outcome', () => {
    const word = fc.constantFrom('log', 'witness', 'group', 'quorum', 'none', 'a', 'any', '1', '#');
    const line = fc.array(word, { maxLength: 5 }).map((words) => `${words.join(' ')}\n`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(line, { maxLength: 5 }).map((l) => utf8(l.join(''))),
          fc.uint8Array(),
        ),
        (bytes) => {
          expect(typeof parsePolicy(bytes).ok).toBe('boolean');
        },
      ),
    );
  });
});
