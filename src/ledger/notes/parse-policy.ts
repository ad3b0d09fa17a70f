// The text of a policy, C2SP tlog-policy: a line for each log, witness and group, one for the quorum.
import { failure } from '../../domain/failure.ts';
import { POLICY_BYTES_MAX, POLICY_NAMES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import type { Policy, PolicyParty, Quorum } from './policy.ts';
import { parseVerifierKey, type KeyType } from './verifier-key.ts';

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The policy that a file holds.
 *
 * The bytes may come from an attacker, and are no text of any encoding: names are equal where
 * their bytes are. Names of keys and addresses must be UTF-8.
 * Errors: "limit_exceeded" | "input_malformed".
 */
export function parsePolicy(bytes: Uint8Array): Outcome<Policy> {
  if (bytes.byteLength > POLICY_BYTES_MAX) {
    const text = `a policy of ${bytes.byteLength} bytes is above ${POLICY_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `${text}. Leave out witnesses or comments.`));
  }
  let octets = '';
  for (const byte of bytes) octets += String.fromCharCode(byte);
  if (!/^[\t\n\x20-\x7e\x80-\xff]*$/.test(octets) || (octets !== '' && !octets.endsWith('\n'))) {
    return malformed('it has control characters, or a last line without end');
  }
  const reading = new PolicyReading();
  for (const [index, line] of octets.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]?.startsWith('#') === true) continue;
    const refuted = reading.take(words);
    if (refuted !== null) return malformed(`line ${index + 1}: ${refuted}`);
  }
  return reading.finish();
}

class PolicyReading {
  readonly #logs: PolicyParty[] = [];
  readonly #witnesses = new Map<string, PolicyParty>();
  /** Witnesses and groups, and which of them are in a group already. */
  readonly #named = new Map<string, Quorum>();
  readonly #members = new Set<string>();
  #quorum: Quorum | null = null;

  /** Takes the words of a line; gives what is wrong with it. */
  take([keyword, ...words]: readonly string[]): string | null {
    switch (keyword) {
      case 'log':
        return this.#takeLog(words);
      case 'witness':
        return this.#takeWitness(words);
      case 'group':
        return this.#takeGroup(words);
      case 'quorum':
        return this.#takeQuorum(words);
      default:
        return 'it begins with none of log, witness, group and quorum';
    }
  }

  finish(): Outcome<Policy> {
    if (this.#quorum === null) return malformed('it has no quorum line');
    return succeed({ logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum });
  }

  #takeLog(words: readonly string[]): string | null {
    const party = partyOf(words, 'note');
    if (typeof party === 'string') return party;
    if (this.#logs.length === POLICY_NAMES_MAX) return `more than ${POLICY_NAMES_MAX} logs`;
    if (this.#logs.some((log) => equalBytes(log.key.publicKey, party.key.publicKey))) {
      return 'another log has this key';
    }
    this.#logs.push(party);
    return null;
  }

  #takeWitness([name, ...words]: readonly string[]): string | null {
    const party = partyOf(words, 'cosignature');
    if (typeof party === 'string') return party;
    const known = [...this.#witnesses.values()];
    if (known.some((one) => equalBytes(one.key.publicKey, party.key.publicKey))) {
      return 'another witness has this key';
    }
    // Text where it is UTF-8, as it should be.
    const shown = textOf(name ?? '') ?? name ?? '';
    const refuted = this.#define(name, { kind: 'witness', name: shown });
    if (refuted === null) this.#witnesses.set(shown, party);
    return refuted;
  }

  #takeGroup([name, countText = '', ...names]: readonly string[]): string | null {
    const counts: Readonly<Record<string, number>> = { any: 1, all: names.length };
    const written = /^[1-9]\d{0,3}$/.test(countText) ? Number(countText) : NaN;
    const threshold = counts[countText] ?? written;
    if (names.length === 0 || !(threshold >= 1 && threshold <= names.length)) {
      return 'a group needs a name, a number of members or all or any, and members';
    }
    const members: Quorum[] = [];
    for (const member of names) {
      const known = this.#named.get(member);
      if (known === undefined) return 'a member was not defined above';
      if (this.#members.has(member)) return 'a member is in a group already';
      this.#members.add(member);
      members.push(known);
    }
    return this.#define(name, { kind: 'group', threshold, members });
  }

  #takeQuorum([name, ...rest]: readonly string[]): string | null {
    if (this.#quorum !== null) return 'there is a quorum already';
    if (name === undefined || rest.length > 0) return 'a quorum is one name';
    const quorum: Quorum | undefined = name === 'none' ? { kind: 'none' } : this.#named.get(name);
    if (quorum === undefined) return 'the quorum was not defined above';
    this.#quorum = quorum;
    return null;
  }

  #define(name: string | undefined, quorum: Quorum): string | null {
    if (name === undefined || name === 'none') return 'it has no name, or the name none';
    if (this.#named.has(name)) return 'its name is taken';
    // Witnesses and groups share one space of names.
    if (this.#named.size === 2 * POLICY_NAMES_MAX) return `more than ${2 * POLICY_NAMES_MAX} names`;
    this.#named.set(name, quorum);
    return null;
  }
}

function partyOf(words: readonly string[], type: KeyType): PolicyParty | string {
  const [vkey, url, ...rest] = words.map(textOf);
  if (vkey === undefined || vkey === null || url === null || rest.length > 0) {
    return 'it needs a key in UTF-8, and may have one address';
  }
  const key = parseVerifierKey(vkey);
  if (!key.ok) return key.failure.message;
  return key.value.type === type ? { key: key.value, url: url ?? null } : `a ${type} key is needed`;
}

function textOf(octets: string): string | null {
  try {
    return textDecoder.decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
  } catch {
    return null;
  }
}

function malformed(why: string): Outcome<never> {
  return fail(failure('input_malformed', `this is no policy: ${why}. Correct the file.`));
}
