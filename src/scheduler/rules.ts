// Numbered rules by which the scheduler decides. A change that would lead a log that is already
// written to other decisions gets the next number, and the former way stays for logs below it.
//
//   1  every quarantine lasts QUARANTINE_MS.
//   2  each further quarantine of a key lasts longer: see quarantine.ts.
//   3  the session in which a key lied ends with its quarantine.
//   4  a task that comes back is cut to what its next lane holds, or left to others for a time.

/** Of a scheduler to which nothing has happened, and of logs from before there were rules. */
export const FIRST_RULES = 1;

/** Those that a new process adopts: event 'rules-adopted'. */
export const RULES = 4;

export const LONGER_QUARANTINES = 2;
export const SESSIONS_END_WITH_QUARANTINE = 3;
export const FITTING_RETURNS = 4;
