// The tables that orchestrators share.
//
// A member is one run of one orchestrator; its epoch is also the name of its stream: its log of
// scheduler events, its snapshots, and the outputs that were reported to it. A stage's rows are cut
// into claims; each row lies in exactly one of them, and a claim is done once.
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { SCHEMA, type Database, type Queries } from './database.ts';
import { FENCED } from './database-failure.ts';

/** Version of these tables and of what their CBOR holds; a newer database is refused. */
/** Held while tables are made or changed: any number, the same in every orchestrator. */
const SETUP_LOCK = 0x6d616e79;

const FIRST_TABLES = `
  CREATE TABLE format (version int NOT NULL);

  CREATE TABLE members (
    epoch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    url text NOT NULL,
    seed bigint NOT NULL,
    -- Who took over its work; null while it may commit.
    adopted_by bigint REFERENCES members,
    -- Nothing of its stream is left to do.
    closed boolean NOT NULL DEFAULT false
  );
  CREATE INDEX members_adopted ON members (adopted_by) WHERE NOT closed;

  -- Apart from members: renewing must not wait for a commit that holds its member's row.
  CREATE TABLE pulses (
    epoch bigint PRIMARY KEY REFERENCES members,
    at timestamptz NOT NULL,
    -- It said goodbye: nobody need wait.
    gone boolean NOT NULL DEFAULT false
  );

  -- Keeps a member from committing once another adopted its work: adopting waits for
  -- transactions that passed here, and those that come later fail.
  CREATE FUNCTION fence(member bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM 1 FROM members WHERE epoch = member AND adopted_by IS NULL FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'member % is fenced', member USING ERRCODE = '${FENCED}';
    END IF;
  END $$;

  -- Events as they were committed, some at a time: seq is the number of the first, and body has
  -- a line of JSON for each.
  CREATE TABLE events (
    stream bigint NOT NULL REFERENCES members,
    seq bigint NOT NULL,
    count int NOT NULL CHECK (count > 0),
    body text NOT NULL,
    PRIMARY KEY (stream, seq)
  );

  -- The state that the first event_count events led to, in place of them.
  CREATE TABLE snapshots (
    stream bigint NOT NULL REFERENCES members,
    event_count bigint NOT NULL,
    tasks_accepted bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (stream, event_count)
  );
  -- Its bytes; chunks of a snapshot that is not listed are of one that was never finished.
  CREATE TABLE snapshot_chunks (
    stream bigint NOT NULL REFERENCES members,
    event_count bigint NOT NULL,
    chunk int NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (stream, event_count, chunk)
  );
  ALTER TABLE snapshot_chunks ALTER COLUMN body SET STORAGE EXTERNAL;

  -- What each report brought of one job, until that ends: leases as JSON, outputs packed.
  CREATE TABLE reports (
    stream bigint NOT NULL REFERENCES members,
    report bigint NOT NULL,
    job text NOT NULL,
    agent text NOT NULL,
    leases text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (stream, report)
  );
  CREATE INDEX reports_of_job ON reports (job, stream, report);

  CREATE TABLE jobs (
    job text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    idempotency_key text NOT NULL UNIQUE,
    spec_digest bytea NOT NULL,
    spec bytea NOT NULL,
    plan bytea NOT NULL,
    -- The member that assembles its stages.
    owner bigint NOT NULL REFERENCES members,
    submitted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The stage at work.
    stage int NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed', 'canceled')),
    output bytea,
    -- How it stood when it ended.
    ended bytea
  );
  CREATE INDEX jobs_open ON jobs (owner) WHERE state = 'open';

  CREATE TABLE stages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL REFERENCES jobs,
    stage int NOT NULL,
    -- What a scheduler needs to know of it.
    plan bytea NOT NULL DEFAULT '',
    work bytea NOT NULL,
    row_count bigint NOT NULL DEFAULT 0,
    rows_done bigint NOT NULL DEFAULT 0 CHECK (rows_done <= row_count),
    tensors bytea,
    UNIQUE (job, stage)
  );

  CREATE TABLE claims (
    stage_id bigint NOT NULL REFERENCES stages,
    row_start bigint NOT NULL,
    row_end bigint NOT NULL CHECK (row_end > row_start),
    -- The stream that computes these rows, or computed them; null: open.
    stream bigint REFERENCES members,
    done boolean NOT NULL DEFAULT false,
    -- Once done: whose result has which rows, without a gap.
    results bytea,
    CHECK (NOT done OR (stream IS NOT NULL AND results IS NOT NULL)),
    PRIMARY KEY (stage_id, row_start),
    -- A row that lay in two claims could be accepted twice.
    CONSTRAINT claims_apart EXCLUDE USING gist
      (box(point(stage_id, row_start), point(stage_id, row_end - 1)) WITH &&)
  );
  CREATE INDEX claims_open ON claims (stage_id, row_start) WHERE stream IS NULL;
  CREATE INDEX claims_at_work ON claims (stream) WHERE NOT done;

  -- How far each member is with the stage at work, for who looks at the job elsewhere.
  CREATE TABLE progress (
    job text NOT NULL REFERENCES jobs,
    stream bigint NOT NULL REFERENCES members,
    stage int NOT NULL,
    tasks int NOT NULL,
    tasks_accepted int NOT NULL,
    tasks_leased int NOT NULL,
    tasks_checking int NOT NULL,
    rows_accepted bigint NOT NULL,
    contributors int NOT NULL,
    PRIMARY KEY (job, stream)
  );

  -- How agents' keys stand, over all members.
  CREATE TABLE agents (
    agent text PRIMARY KEY,
    accepted bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    quarantined_until timestamptz,
    reason text
  );

  CREATE TABLE blocks (
    id text PRIMARY KEY,
    bytes bytea NOT NULL
  );
  -- Their bytes are models and numbers: compressing costs time and saves little.
  ALTER TABLE blocks ALTER COLUMN bytes SET STORAGE EXTERNAL;

  -- What all members must agree on.
  CREATE TABLE kept (
    name text PRIMARY KEY,
    value bytea NOT NULL
  );
`;

/** What each version changes of the one before: a change once released stays as it is. */
const CHANGES = [
  FIRST_TABLES,
  `-- Jobs of before have none here: those that have rows of such a job notice its deadline.
   ALTER TABLE jobs ADD COLUMN deadline_at timestamptz;
   CREATE INDEX jobs_due ON jobs (owner, deadline_at) WHERE state = 'open';

   -- How many events of its stream all were told of what they led to; null: it does not say.
   ALTER TABLE members ADD COLUMN told bigint;`,
];

/** Version of these tables and of what their CBOR holds; a newer database is refused. */
export const DATABASE_VERSION = CHANGES.length;

/**
 * Makes the tables where there are none, and brings older ones to this version; any number of
 * orchestrators may do so at once.
 *
 * Errors: "storage_failed": cannot be reached or made, or of a newer format.
 */
export async function openSchema(database: Database): Promise<Outcome<void>> {
  const version = await database.transaction(null, async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock($1)', [SETUP_LOCK]);
    const known = await versionOf(queries);
    if (known >= DATABASE_VERSION) return known;
    await queries.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    for (const change of CHANGES.slice(known)) await queries.query(change);
    await queries.query('DELETE FROM format');
    await queries.query('INSERT INTO format (version) VALUES ($1)', [DATABASE_VERSION]);
    return DATABASE_VERSION;
  });
  if (!version.ok) return version;
  if (version.value <= DATABASE_VERSION) return succeed(undefined);
  const text = `the database ${database.address.shown} has format ${version.value}`;
  const here = `this program reads up to ${DATABASE_VERSION}`;
  return fail(failure('storage_failed', `${text}; ${here}. Use a newer manyhands.`));
}

/** 0: there are no tables yet. */
async function versionOf(queries: Queries): Promise<number> {
  const [found] = await queries.query<{ format: string | null }>(
    'SELECT to_regclass($1)::text AS format',
    [`${SCHEMA}.format`],
  );
  if (found?.format == null) return 0;
  const [row] = await queries.query<{ version: number }>('SELECT version FROM format');
  return row?.version ?? 0;
}
