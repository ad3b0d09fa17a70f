import { DatabaseError } from 'pg';
import { failure, type Failure } from '../../domain/failure.ts';
import type { DatabaseAddress } from './database-address.ts';

/** SQLSTATE of our own function `fence`. */
export const FENCED = 'MH001';
/** Ours would be the other side of a deadlock, or waited in vain for a lock: trying anew helps. */
const MET_ANOTHER = ['40001', '40P01', '55P03'];

const UNIQUE_VIOLATION = '23505';
const DISK_FULL = '53100';
const TOO_MANY_CONNECTIONS = '53300';
const STATEMENT_CANCELED = '57014';
const READ_ONLY = '25006';
/** This process did nothing for long within a transaction: it was frozen. */
const IDLE_TOO_LONG = '25P03';
const RETRY_MS = 1_000;

/** What the database or the way to it said, as a failure with its remedy; a bug is thrown on. */
export function databaseFailure(cause: unknown, { shown }: DatabaseAddress): Failure {
  const code = stateOf(cause);
  if (code === null) {
    const text = `the database ${shown} cannot be reached (${messageOf(cause)})`;
    return failure('storage_failed', `${text}. Start it, or check --database.`, RETRY_MS);
  }
  if (code === FENCED) {
    const text = 'another orchestrator adopted the work of this one, which was silent too long';
    return failure('member_fenced', `${text}. Start it again: it joins as a new one.`);
  }
  if (code === DISK_FULL) {
    const text = `the disk of the database ${shown} is full`;
    return failure('storage_full', `${text}. Free some space; nothing was lost.`, RETRY_MS);
  }
  if (code === UNIQUE_VIOLATION) {
    const text = `the database ${shown} has this already (${messageOf(cause)})`;
    return failure('storage_failed', `${text}. Look whether the call came through before.`);
  }
  const remedy = remedyOf(code);
  // What is wrong with our SQL is a bug, and says so with all it knows.
  if (remedy === null) throw cause;
  const text = `the database ${shown} refused (${messageOf(cause)})`;
  return failure('storage_failed', `${text}. ${remedy}.`, RETRY_MS);
}

/** Whether the same transaction may well succeed now. */
export function metAnother(cause: unknown): boolean {
  const code = stateOf(cause);
  return code !== null && MET_ANOTHER.includes(code);
}

/**
 * Whether a transaction certainly left nothing behind. Where the connection broke or the server
 * went down, a commit may have come through without its answer.
 */
export function certainlyUndone(cause: unknown): boolean {
  return stateOf(cause) !== null && cause instanceof DatabaseError && cause.severity === 'ERROR';
}

/** Whether a row is there already that one of these constraints allows once. */
export function isDuplicateOf(cause: unknown, constraints: readonly string[]): boolean {
  if (!(cause instanceof DatabaseError) || cause.code !== UNIQUE_VIOLATION) return false;
  return cause.constraint !== undefined && constraints.includes(cause.constraint);
}

export function isFenced(cause: unknown): boolean {
  return cause instanceof DatabaseError && cause.code === FENCED;
}

function remedyOf(code: string): string | null {
  if (code === TOO_MANY_CONNECTIONS) return 'Raise its max_connections';
  if (code === STATEMENT_CANCELED || MET_ANOTHER.includes(code))
    return 'It is slow: check its load';
  if (code === IDLE_TOO_LONG) return 'This process was frozen for a while: see that it is not';
  if (code === READ_ONLY) return 'Give the address of the primary server';
  switch (code.slice(0, 2)) {
    case '08':
    case '57':
      return 'Start it again, or check --database';
    case '28':
    case '3D':
    case '42':
      return code === '42501' || code.startsWith('28') || code.startsWith('3D')
        ? 'Check user, password and database of --database'
        : null;
    case '53':
    case '58':
    case 'XX':
      return 'Check its disk and memory';
    default:
      return null;
  }
}

/** The SQLSTATE; null: the way to the server failed. */
function stateOf(cause: unknown): string | null {
  if (!(cause instanceof DatabaseError)) return isOfConnection(cause) ? null : throwOn(cause);
  return cause.code ?? null;
}

/** Node's errors have codes; those of the client library, for connections that ended, only text. */
function isOfConnection(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ('code' in cause && typeof cause.code === 'string') return true;
  return /connect|terminated|timeout|closed|not queryable|shutting down/i.test(cause.message);
}

function throwOn(cause: unknown): never {
  throw cause;
}

/** An address that resolves to many has one error for each, and no text of its own. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
