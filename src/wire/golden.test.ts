import { fromBinary, fromJson, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { protocolMessages } from './golden-messages.contract.ts';

type Golden = Record<string, { json: JsonValue; hex: string }>;
const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'));

describe('recorded bytes of the protocol', () => {
  it('cover every message', () => {
    const names = protocolMessages().map((schema) => schema.typeName);
    expect(names.filter((name) => !(name in golden))).toEqual([]);
    expect(names.length).toBeGreaterThan(50);
  });

  for (const schema of protocolMessages()) {
    it(`are what this build reads and writes: ${schema.typeName}`, () => {
      const recorded = golden[schema.typeName];
      expect(recorded).toBeDefined();
      if (recorded === undefined) return;
      const bytes = Buffer.from(recorded.hex, 'hex');
      expect(toJson(schema, fromBinary(schema, bytes))).toEqual(recorded.json);
      const written = toBinary(schema, fromJson(schema, recorded.json));
      expect(Buffer.from(written).toString('hex')).toBe(recorded.hex);
    });
  }
});
