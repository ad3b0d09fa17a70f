// Tables by the version of the format that brought them. What was released stays as it is here.

/** Jobs, stages and small things: as they have been from the first. */
export const TABLES_SINCE_1 = `
  -- Jobs as submitted, their output, and how they stood when they ended.
  CREATE TABLE jobs (
    job TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, spec_digest BLOB NOT NULL,
    spec BLOB NOT NULL, plan BLOB NOT NULL, output BLOB, ended BLOB
  ) STRICT;
  -- What the tasks of each stage share, and the tensors that they were assembled to.
  CREATE TABLE stages (
    job TEXT NOT NULL, stage INTEGER NOT NULL, work BLOB NOT NULL, tensors BLOB,
    PRIMARY KEY (job, stage)
  ) STRICT;
  -- Small things to be kept: secrets and marks.
  CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;

/** The log with its snapshots, and outputs by report. */
export const TABLES_SINCE_2 = `
  -- What happened, in order, behind the snapshot: the truth. JSON.
  CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  -- The state that the first "events" events led to, in place of them.
  CREATE TABLE snapshots (
    snapshot INTEGER PRIMARY KEY, events INTEGER NOT NULL, tasks_accepted INTEGER NOT NULL,
    bytes INTEGER NOT NULL, chunks INTEGER NOT NULL, sha256 BLOB NOT NULL
  ) STRICT;
  -- Its bytes; chunks of a snapshot that is not listed are of one that was never finished.
  CREATE TABLE snapshot_chunks (
    snapshot INTEGER NOT NULL, chunk INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (snapshot, chunk)
  ) STRICT;
  -- What each report brought of one job, until that ends: leases as JSON, outputs packed.
  CREATE TABLE outputs (
    report INTEGER PRIMARY KEY, job TEXT NOT NULL, agent TEXT NOT NULL, leases TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX outputs_by_job ON outputs (job);
  CREATE INDEX jobs_without_end ON jobs (job) WHERE ended IS NULL;
`;
