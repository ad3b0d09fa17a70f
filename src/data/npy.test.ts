import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NPY_HEADER_BYTES_MAX, TENSOR_ELEMENTS_MAX } from '../domain/limits.ts';
import { DTYPES, tensorBytes, type DType } from '../domain/tensor.ts';
import { encodeNpyHeader, parseNpyHeader } from './npy.ts';

/** A .npy file's bytes up to its data, with any header text. */
function headed(text: string, version: 1 | 2 | 3 = 1): Uint8Array {
  const body = Buffer.from(text, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(body.length);
  else length.writeUInt32LE(body.length);
  return new Uint8Array(
    Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, body]),
  );
}

const dict = (parts: { descr?: string; order?: string; shape?: string }): string =>
  `{'descr': ${parts.descr ?? "'<f4'"}, 'fortran_order': ${parts.order ?? 'False'}, ` +
  `'shape': ${parts.shape ?? '(2, 3)'}, }   \n`;

const parse = (text: string, dataBytes = 24): ReturnType<typeof parseNpyHeader> => {
  const header = headed(text);
  return parseNpyHeader(header, header.byteLength + dataBytes);
};

const refused = (code: string, remedy: string): object => ({
  ok: false,
  failure: { code, message: expect.stringContaining(remedy) },
});

// At most 31^8 elements: below TENSOR_ELEMENTS_MAX.
const anyShape = fc.array(fc.nat(31), { maxLength: 8 });

describe('encodeNpyHeader', () => {
  it('is read back for every type and any shape, with the data aligned to 64 bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...DTYPES), anyShape, (dtype, shape) => {
        const header = encodeNpyHeader({ dtype, shape });
        expect(header.byteLength % 64).toBe(0);
        const fileBytes = header.byteLength + tensorBytes({ dtype, shape });
        expect(parseNpyHeader(header, fileBytes)).toEqual({
          ok: true,
          value: { dtype, shape, dataOffset: header.byteLength },
        });
      }),
    );
  });

  it('writes what numpy writes', () => {
    const text = (dtype: DType, shape: number[]): string =>
      Buffer.from(encodeNpyHeader({ dtype, shape })).toString('latin1');
    const before = (fields: string): string => `\x93NUMPY\x01\x00v\x00${fields}`.padEnd(127) + '\n';
    expect(text('float32', [2, 3])).toBe(
      before("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"),
    );
    expect(text('uint8', [7])).toBe(
      before("{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }"),
    );
    expect(text('bool', [])).toBe(
      before("{'descr': '|b1', 'fortran_order': False, 'shape': (), }"),
    );
  });
});

describe('parseNpyHeader', () => {
  it('reads versions 1, 2 and 3', () => {
    for (const version of [1, 2, 3] as const) {
      const header = headed(dict({}), version);
      expect(parseNpyHeader(header, header.byteLength + 24)).toEqual({
        ok: true,
        value: { dtype: 'float32', shape: [2, 3], dataOffset: header.byteLength },
      });
    }
  });

  it('reads other spellings that Python allows', () => {
    for (const text of [
      `{"shape":(2,3),"descr":"<f4","fortran_order":False}\n`,
      `{'descr': '=f4', 'fortran_order': False, 'shape': (2L, 3L,)}`,
      ` { 'descr' : 'f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) , } `,
    ]) {
      expect(parse(text)).toMatchObject({ ok: true, value: { dtype: 'float32', shape: [2, 3] } });
    }
    expect(parse(dict({ descr: "'<u1'" }), 6)).toMatchObject({
      ok: true,
      value: { dtype: 'uint8' },
    });
  });

  it.each([
    ['Fortran order', dict({ order: 'True' }), 'input_invalid', 'np.ascontiguousarray'],
    ['big-endian numbers', dict({ descr: "'>f4'" }), 'input_invalid', 'newbyteorder'],
    ['Python objects', dict({ descr: "'|O'" }), 'input_invalid', 'Python objects'],
    ['half floats', dict({ descr: "'<f2'" }), 'input_invalid', 'astype'],
    ['complex numbers', dict({ descr: "'<c8'" }), 'input_invalid', 'astype'],
    ['texts', dict({ descr: "'<U12'" }), 'input_invalid', 'astype'],
    ['times', dict({ descr: "'<M8[ns]'" }), 'input_invalid', 'astype'],
    ['a structure', dict({ descr: "[('a', '<f4'), ('b', '<i8')]" }), 'input_invalid', 'field'],
    ['nine dimensions', dict({ shape: '(1, 1, 1, 1, 1, 1, 1, 1, 1)' }), 'limit_exceeded', '8'],
    [
      'too many elements',
      dict({ shape: `(${TENSOR_ELEMENTS_MAX}, 2)` }),
      'limit_exceeded',
      'Split',
    ],
    [
      'a huge dimension beside 0',
      dict({ shape: '(0, 99999999999999999999)' }),
      'limit_exceeded',
      '',
    ],
    [
      'a dimension beyond all numbers',
      dict({ shape: `(${'9'.repeat(400)},)` }),
      'limit_exceeded',
      '',
    ],
    ['a negative dimension', dict({ shape: '(-1, 3)' }), 'input_malformed', 'np.save'],
    ['a shape that is a number', dict({ shape: '(6)' }), 'input_malformed', 'np.save'],
    ['a shape with a fraction', dict({ shape: '(2.0, 3)' }), 'input_malformed', 'np.save'],
    ['an order that is a number', dict({ order: '0' }), 'input_malformed', 'np.save'],
    [
      'a call instead of a value',
      dict({ shape: "__import__('os')" }),
      'input_malformed',
      'np.save',
    ],
    ['a missing key', "{'descr': '<f4', 'shape': (2, 3)}", 'input_malformed', 'fortran_order'],
    ['a key too many', dict({ shape: "(2, 3), 'x': True" }), 'input_malformed', 'keys'],
    ['a key twice', dict({ shape: "(2, 3), 'shape': (6,)" }), 'input_malformed', 'twice'],
    ['text behind the dict', `${dict({}).trim()} + 1\n`, 'input_malformed', 'behind'],
    ['an unclosed dict', "{'descr': '<f4'", 'input_malformed', 'np.save'],
    ['an escape in a text', dict({ descr: "'\\x3cf4'" }), 'input_malformed', 'np.save'],
    ['an empty header', '', 'input_malformed', 'np.save'],
  ])('refuses %s and says what to do', (_, text, failureCode, remedy) => {
    expect(parse(text)).toMatchObject(refused(failureCode, remedy));
  });

  it('refuses a file that is shorter or longer than its header says, by one byte', () => {
    const header = headed(dict({}));
    const size = header.byteLength + 24;
    expect(parseNpyHeader(header, size).ok).toBe(true);
    for (const fileBytes of [size - 1, size + 1, header.byteLength]) {
      expect(parseNpyHeader(header, fileBytes)).toMatchObject(
        refused('input_malformed', `needs a file of ${size} bytes, and this one has ${fileBytes}`),
      );
    }
  });

  it('refuses what is no .npy file, or ends within its header', () => {
    const header = headed(dict({}));
    expect(parseNpyHeader(new TextEncoder().encode('PK\x03\x04'), 4)).toMatchObject(
      refused('input_malformed', 'NUMPY'),
    );
    for (let end = 0; end < header.byteLength; end++) {
      expect(parseNpyHeader(header.subarray(0, end), end)).toMatchObject(
        refused('input_malformed', 'np.save'),
      );
    }
  });

  it('refuses versions that do not exist yet', () => {
    for (const version of [0, 4, 255]) {
      const header = headed(dict({}));
      header[6] = version;
      expect(parseNpyHeader(header, header.byteLength + 24)).toMatchObject(
        refused('version_unsupported', 'numpy'),
      );
    }
  });

  it('refuses a header above the limit before it looks at it', () => {
    const header = headed(dict({}), 2);
    new DataView(header.buffer).setUint32(8, NPY_HEADER_BYTES_MAX, true);
    expect(parseNpyHeader(header, 2 ** 40)).toMatchObject(refused('limit_exceeded', 'np.save'));
  });

  it('never throws, whatever the header says', () => {
    const alphabet = `{}()[]:,'"\\ \n0123456789LTrueFalsdecpthno_r<>|=fiub.-`;
    const fragments = fc.constantFrom(
      "'descr'",
      "'<f4'",
      "'fortran_order'",
      "'shape'",
      'False',
      'True',
      '(2, 3)',
      '(',
      ')',
      '[',
      '{',
      '}',
      ':',
      ',',
      '9999999999999999999999',
    );
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 200 }),
      fc.array(fragments, { maxLength: 20 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(1, 2, 3), fc.maxSafeInteger(), (header, version, size) => {
        const outcome = parseNpyHeader(headed(header, version), size);
        expect(typeof outcome.ok).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, size) => {
        expect(typeof parseNpyHeader(bytes, size).ok).toBe('boolean');
      }),
    );
  });

  it('takes no longer than a line for the longest header of opening brackets', () => {
    const text = `{'descr': '<f4', 'shape': ${'('.repeat(60_000)}`;
    expect(parse(text)).toMatchObject(refused('input_malformed', 'shape'));
  });

  it('reads the real digits that numpy saved', ({ skip }) => {
    const path = new URL('../../../shared/data/mnist-test-images.npy', import.meta.url);
    if (!existsSync(path)) skip('the digits are not here');
    const bytes = readFileSync(path);
    const parsed = parseNpyHeader(bytes, bytes.byteLength);
    expect(parsed).toMatchObject({ ok: true, value: { dtype: 'uint8' } });
    const { shape, dataOffset } = parsed.ok ? parsed.value : { shape: [], dataOffset: 0 };
    expect(shape[0]).toBe(10_000);
    expect(dataOffset % 64).toBe(0);
  });
});
