// Credits: how much verified work each key did, in units, by team and by model. The log's recorder
// writes what was accepted; a key joins one team at a time; nobody can move or spend credits.
//
// Settings, in the line above this source: { recorders: [key], prices: { work: units } }. A work is
// an operator (a million multiply-adds or element operations count one) or a workload (a row
// counts one). Work without a price earns nothing, and the result names it.
//
// Actions:
//   { kind: 'credits', v: 1, jobs, agents, reports }    by a recorder
//     jobs: [[job, work, model], ...]   agents: [public key, ...]
//     reports: [[agent, digest, [[job, stage, index, first row, rows, count, checks], ...]], ...]
//   { kind: 'debits', … }  the same, taken back         by a recorder
//   { kind: 'join', team } | { kind: 'leave' }          by any key, for itself
// State:
//   total/<key> · models/<key> = { model: units } · team-of/<key> · team/<team> · all
export function handle(db, action, ctx) {
  switch (action?.kind) {
    case 'credits':
      return record(db, action, ctx.caller, 1);
    case 'debits':
      return record(db, action, ctx.caller, -1);
    case 'join':
      check(isName(action.team), 'a team has a name of 1 to 60 letters, digits, "-" or "_"');
      db.set(`team-of/${ctx.caller}`, action.team);
      return action.team;
    case 'leave':
      db.delete(`team-of/${ctx.caller}`);
      return null;
    default:
      throw new Error('credits knows credits, debits, join and leave');
  }
}

/** Adds up first and writes then: a key has few writes, however many tasks it did. */
function record(db, { v, jobs, agents, reports }, caller, sign) {
  check(settings.recorders.includes(caller), 'only recorders write credits');
  check(v === 1 && [jobs, agents, reports].every(Array.isArray), 'credits of version 1 have lists');
  const prices = jobs.map(([, work]) => priceOf(work));
  const models = jobs.map(([, , model]) => model);
  check(
    models.every((model) => model === '' || isName(model)),
    'a model has a short name',
  );
  const keys = agents.map(keyOf);
  const earned = keys.map(() => new Map());
  for (const [agent, , tasks] of reports) {
    const units = earned[agent];
    check(units !== undefined && Array.isArray(tasks), 'a report names one of the agents');
    for (let at = 0; at < tasks.length; at++) {
      const job = tasks[at][0];
      const count = tasks[at][5];
      check(prices[job] !== undefined && isCount(count), 'a task names a job and counts its work');
      units.set(models[job], (units.get(models[job]) ?? 0) + sign * prices[job] * count);
    }
  }
  let all = 0;
  for (let at = 0; at < keys.length; at++) all += credit(db, keys[at], earned[at]);
  add(db, 'all', all);
  const unpriced = jobs.map(([, work]) => work).filter((work) => priceOf(work) === 0);
  return { units: all, unpriced: [...new Set(unpriced)] };
}

function credit(db, key, earned) {
  let units = 0;
  const models = { ...db.get(`models/${key}`) };
  for (const [model, count] of earned) {
    units += count;
    if (model === '' || count === 0) continue;
    const isKnown = Object.hasOwn(models, model);
    const name = isKnown || Object.keys(models).length < MODELS_MAX ? model : 'others';
    models[name] = (models[name] ?? 0) + count;
  }
  check(Number.isSafeInteger(units), 'too much work for one entry');
  if (units === 0) return 0;
  add(db, `total/${key}`, units);
  if (Object.keys(models).length > 0) db.set(`models/${key}`, models);
  const team = db.get(`team-of/${key}`);
  if (team !== undefined) add(db, `team/${team}`, units);
  return units;
}

// A key's row of models stays small, whatever is registered.
const MODELS_MAX = 32;

function priceOf(work) {
  return Object.hasOwn(settings.prices, work) ? settings.prices[work] : 0;
}

function isCount(count) {
  return Number.isSafeInteger(count) && count >= 0;
}

function add(db, key, units) {
  db.set(key, (db.get(key) ?? 0) + units);
}

/** A public key as everything else writes it: base64url. */
function keyOf(bytes) {
  check(bytes instanceof Uint8Array && bytes.length === 32, 'an agent is a public key of 32 bytes');
  let text = '';
  for (let at = 0; at < 32; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += LETTERS[three >> 18] + LETTERS[(three >> 12) & 63] + LETTERS[(three >> 6) & 63];
    if (at < 30) text += LETTERS[three & 63];
  }
  return text;
}

function isName(name) {
  if (typeof name !== 'string' || name.length < 1 || name.length > 60) return false;
  return [...name].every((letter) => LETTERS.includes(letter));
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function check(condition, message) {
  if (!condition) throw new Error(message);
}
