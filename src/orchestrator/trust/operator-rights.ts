import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { SigningKey } from '../../integrity/index.ts';
import { openOperatorKey } from '../access/secret-keys.ts';
import type { Logger } from '../logger.ts';
import { openOperatorIdentity } from './operator-identity.ts';
import { openTrustBook, type TrustBook } from './trust-book.ts';

/** What a data folder holds of its operator: the key to call with, who signs, and whom it trusts. */
export type OperatorRights = {
  readonly operatorKey: string;
  readonly operator: SigningKey;
  readonly trustBook: TrustBook;
};

/** Opens it, made at the first run. Errors: "storage_failed" | "config_invalid" | "key_unusable". */
export async function openOperatorRights(
  folder: string,
  logger: Logger,
): Promise<Outcome<OperatorRights>> {
  const operatorKey = openOperatorKey(folder);
  if (!operatorKey.ok) return operatorKey;
  const operator = await openOperatorIdentity(folder);
  if (!operator.ok) return operator;
  const trustBook = await openTrustBook(folder, { operator: operator.value, logger });
  if (!trustBook.ok) return trustBook;
  return succeed({
    operatorKey: operatorKey.value,
    operator: operator.value,
    trustBook: trustBook.value,
  });
}
