// Standing: which keys are quarantined, why, until when, and what became of their appeals.
//
// Settings: { judges: [key] }. Judges write what checks found; a key appeals for itself, once a
// quarantine; another judge than the one who wrote it decides. An amnesty ends everything before it.
//
// Actions:
//   { kind: 'quarantine', key, untilMs, evidence }   by a judge
//   { kind: 'end', key, words }                      by a judge, of its own quarantine
//   { kind: 'appeal', words }                        by the key
//   { kind: 'decide', key, lift, words }             by another judge
//   { kind: 'amnesty', words }                       by a judge
// State: of/<key> = { untilMs, evidence, judge, atMs, appeal, decision } · amnesty = { atMs, words }
export function handle(db, action, ctx) {
  switch (action?.kind) {
    case 'quarantine':
      return quarantine(db, action, ctx);
    case 'end':
      return end(db, action, ctx);
    case 'appeal':
      return appeal(db, action, ctx);
    case 'decide':
      return decide(db, action, ctx);
    case 'amnesty':
      checkJudge(ctx);
      db.set('amnesty', { atMs: ctx.atMs, words: wordsOf(action.words) });
      return null;
    default:
      throw new Error('standing knows quarantine, end, appeal, decide and amnesty');
  }
}

function quarantine(db, { key, untilMs, evidence }, ctx) {
  checkJudge(ctx);
  check(typeof key === 'string' && key.length > 0 && key.length <= 100, 'a quarantine names a key');
  check(Number.isSafeInteger(untilMs) && untilMs > ctx.atMs, 'a quarantine ends later than now');
  check(typeof evidence === 'string' && evidence.length <= 500, 'evidence says what was found');
  const row = {
    untilMs,
    evidence,
    judge: ctx.caller,
    atMs: ctx.atMs,
    appeal: null,
    decision: null,
  };
  db.set(`of/${key}`, row);
  return row;
}

/** Who judged sees that it was wrong; what stands there about it stays. */
function end(db, { key, words }, ctx) {
  checkJudge(ctx);
  const row = current(db, key, ctx);
  check(row.judge === ctx.caller, 'another judge decides by appeal');
  const decision = { judge: ctx.caller, atMs: ctx.atMs, lift: true, words: wordsOf(words) };
  const ended = { ...row, untilMs: ctx.atMs, decision };
  db.set(`of/${key}`, ended);
  return ended;
}

function appeal(db, { words }, ctx) {
  const row = current(db, ctx.caller, ctx);
  check(row.appeal === null, 'this quarantine was appealed already');
  const appealed = { ...row, appeal: { atMs: ctx.atMs, words: wordsOf(words) } };
  db.set(`of/${ctx.caller}`, appealed);
  return appealed;
}

function decide(db, { key, lift, words }, ctx) {
  checkJudge(ctx);
  const row = current(db, key, ctx);
  check(row.appeal !== null && row.decision === null, 'there is no open appeal');
  check(row.judge !== ctx.caller, 'another judge decides');
  check(typeof lift === 'boolean', 'lift is true or false');
  const decision = { judge: ctx.caller, atMs: ctx.atMs, lift, words: wordsOf(words) };
  const decided = { ...row, untilMs: lift ? ctx.atMs : row.untilMs, decision };
  db.set(`of/${key}`, decided);
  return decided;
}

/** The quarantine that a key is in now. */
function current(db, key, ctx) {
  const row = db.get(`of/${key}`);
  const amnesty = db.get('amnesty');
  const isOver = row === undefined || row.untilMs <= ctx.atMs || row.atMs <= (amnesty?.atMs ?? -1);
  check(!isOver, 'this key is not quarantined');
  return row;
}

function wordsOf(words) {
  check(typeof words === 'string' && words.length > 0 && words.length <= 500, 'say why, in 500');
  return words;
}

function checkJudge(ctx) {
  check(settings.judges.includes(ctx.caller), 'only judges do this');
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}
