import { readFileSync } from 'node:fs';
import { failure } from '../../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import {
  formatVerifierKey,
  parsePolicy,
  type Policy,
  type VerifierKey,
} from '../../../ledger/index.ts';

/** Which logs and witnesses an orchestrator trusts, and the text that says so. */
export type RecordPolicy = { readonly text: string; readonly policy: Policy };

/**
 * The policy of a file, with the record's own log where the file does not name it; that log alone,
 * without witnesses, where there is no file.
 *
 * Errors: "config_invalid".
 */
export function readRecordPolicy(file: string | null, own: VerifierKey): Outcome<RecordPolicy> {
  const ownLine = `log ${formatVerifierKey(own)}\n`;
  if (file === null) return policyOf(`${ownLine}quorum none\n`, 'the policy');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return fail(
      failure('config_invalid', `${file} cannot be read (${why}). Check --record-policy.`),
    );
  }
  const given = policyOf(text, file);
  if (!given.ok) return given;
  const isNamed = given.value.policy.logs.some(
    ({ key }) => formatVerifierKey(key) === formatVerifierKey(own),
  );
  return isNamed ? given : policyOf(`${ownLine}${text}`, file);
}

function policyOf(text: string, from: string): Outcome<RecordPolicy> {
  const policy = parsePolicy(new TextEncoder().encode(text));
  if (policy.ok) return succeed({ text, policy: policy.value });
  return fail(failure('config_invalid', `${from}: ${policy.failure.message}`));
}
