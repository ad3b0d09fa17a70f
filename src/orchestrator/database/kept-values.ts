import type { Outcome } from '../../domain/outcome.ts';
import type { Database } from './database.ts';

/**
 * A small thing that all members must agree on, such as the API key: what the first of them made.
 *
 * However many make one at the same time, all get the same.
 */
export async function keptValue(
  database: Database,
  name: string,
  make: () => Uint8Array,
): Promise<Outcome<Uint8Array>> {
  return database.transaction(null, async ({ query }) => {
    await query('INSERT INTO kept (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
      name,
      make(),
    ]);
    const [kept] = await query<{ value: Uint8Array }>('SELECT value FROM kept WHERE name = $1', [
      name,
    ]);
    return new Uint8Array(kept?.value ?? []);
  });
}
