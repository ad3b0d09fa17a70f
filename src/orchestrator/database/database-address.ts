import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

/** Where the shared database is. Its URL may hold a password: logs and failures take `shown`. */
export type DatabaseAddress = {
  readonly url: string;
  /** Without the password and without parameters: `postgres://manyhands@host:5432/network`. */
  readonly shown: string;
};

/** Errors: "config_invalid", without the text itself: a mistyped URL may hold a password too. */
export function parseDatabaseAddress(text: string): Outcome<DatabaseAddress> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    const example = 'postgres://user:password@host:5432/database';
    return fail(failure('config_invalid', `the database address is not a URL such as ${example}.`));
  }
  const user = url.username === '' ? '' : `${url.username}@`;
  return succeed({ url: text, shown: `postgres://${user}${url.host}${url.pathname}` });
}
