import { toBinary, toJson } from '@bufbuild/protobuf';
import { readFile, writeFile } from 'node:fs/promises';
import { fullMessage, protocolMessages } from '../../src/wire/golden-messages.contract.ts';

/** Recorded bytes of every message; only ever added to. */
const GOLDEN = new URL('../../src/wire/golden.json', import.meta.url);

/**
 * Records messages that have no golden bytes yet. What is recorded stays: a change that alters it
 * breaks agents in the field.
 */
export async function generateGolden(): Promise<void> {
  const golden: Record<string, unknown> = JSON.parse(
    await readFile(GOLDEN, 'utf8').catch(() => '{}'),
  );
  for (const schema of protocolMessages()) {
    if (schema.typeName in golden) continue;
    const message = fullMessage(schema);
    golden[schema.typeName] = {
      json: toJson(schema, message),
      hex: Buffer.from(toBinary(schema, message)).toString('hex'),
    };
  }
  await writeFile(GOLDEN, `${JSON.stringify(golden, null, 2)}\n`);
}

if (import.meta.main) await generateGolden();
