import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { Program, until } from '../network/processes.ts';
import { POSTGRES_VARIABLE } from './postgres.ts';

const RUN = new URL('run.mjs', import.meta.url).pathname;
const POSTGRES = new URL('postgres.ts', import.meta.url).pathname;

describe.skipIf(process.env[POSTGRES_VARIABLE] === undefined)('the PostgreSQL of tests', () => {
  it('syncs to disk, takes no stranger, and leaves nothing when it is interrupted', async () => {
    const program = new Program([POSTGRES], { script: RUN });
    const url = await until('its address', async () => /postgres:\S+/.exec(program.stdout)?.[0]);
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ folder: string; fsync: string }>(
      `SELECT current_setting('data_directory') AS folder, current_setting('fsync') AS fsync`,
    );
    await client.end();
    const stranger = new Client({ connectionString: url.replace(/:[^:@]*@/, ':guess@') });
    await expect(stranger.connect()).rejects.toThrow('password authentication failed');
    await program.interrupt();
    expect(rows[0]?.fsync).toBe('on');
    expect(rows.map(({ folder }) => existsSync(folder))).toEqual([false]);
  });
});
