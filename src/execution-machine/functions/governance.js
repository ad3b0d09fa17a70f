// Governance: proposals to change a function, votes on them, and the decision that an upgrade needs.
//
// Settings: { founder: key, quorum: units, votingMs, delayMs }. The founder names once which
// function holds the credits that votes are weighed by. A vote weighs what its key has earned
// just before it votes, at most a tenth of the quorum or one unit; one vote a key and proposal,
// which may be changed while voting lasts. Accepted: at least the quorum voted in all, and more
// for than against.
// Everybody then has the delay to leave or to evaluate what would change; after it anybody enacts.
// Times are the log's own: a flood of entries ends no vote early.
//
// Actions:
//   { kind: 'found', credits }                              by the founder, once
//   { kind: 'propose', function, code, words, discussion }  code: the id of the source to run;
//                                                           discussion: an https address, or ''
//   { kind: 'vote', proposal, yes: true | false }
//   { kind: 'close', proposal }                             by anybody, once voting is over
//   { kind: 'enact', proposal }                             by anybody, once the delay is over
// State: credits · proposal/<index> =
//          { function, code, words, discussion, by, closesAtMs, enactsAtMs, yes, no, state }
//        state: 'open' -> 'rejected' | 'accepted' -> 'enacted'
//        vote/<proposal>/<key> = [yes, weight] · upgrade/<function>/<code> = index, read by upgrades
export function handle(db, action, ctx) {
  switch (action?.kind) {
    case 'found':
      return found(db, action, ctx);
    case 'propose':
      return propose(db, action, ctx);
    case 'vote':
      return vote(db, action, ctx);
    case 'close':
      return close(db, action, ctx);
    case 'enact':
      return enact(db, action, ctx);
    default:
      throw new Error('governance knows found, propose, vote, close and enact');
  }
}

function found(db, { credits }, ctx) {
  check(ctx.caller === settings.founder, 'only the founder does this');
  check(db.get('credits') === undefined, 'this is founded already');
  check(isId(credits), 'credits are a function, by content id');
  db.set('credits', credits);
  return credits;
}

function propose(db, { function: id, code, words, discussion }, ctx) {
  check(isId(id) && isId(code), 'a proposal names a function and a code by content id');
  check(typeof words === 'string' && words.length > 0 && words.length <= 2000, 'say why');
  check(isLink(discussion), 'a discussion is an https address of at most 300 characters, or empty');
  check(weightOf(db, ctx) > 0, 'who proposes has earned credits');
  const closesAtMs = ctx.atMs + settings.votingMs;
  const about = { function: id, code, words, discussion, by: ctx.caller };
  const proposal = { ...about, closesAtMs, enactsAtMs: null, yes: 0, no: 0, state: 'open' };
  db.set(`proposal/${ctx.index}`, proposal);
  return ctx.index;
}

function vote(db, { proposal: number, yes }, ctx) {
  const proposal = proposalIn(db, number, 'open');
  check(ctx.atMs < proposal.closesAtMs, 'voting is over');
  check(typeof yes === 'boolean', 'a vote is true or false');
  const weight = weightOf(db, ctx);
  check(weight > 0, 'who votes has earned credits');
  const key = `vote/${number}/${ctx.caller}`;
  const before = db.get(key);
  const counted = { ...proposal };
  if (before !== undefined) counted[before[0] ? 'yes' : 'no'] -= before[1];
  counted[yes ? 'yes' : 'no'] += weight;
  db.set(key, [yes, weight]);
  db.set(`proposal/${number}`, counted);
  return weight;
}

function close(db, { proposal: number }, ctx) {
  const proposal = proposalIn(db, number, 'open');
  check(ctx.atMs >= proposal.closesAtMs, 'voting goes on');
  const { yes, no } = proposal;
  const isAccepted = yes + no >= settings.quorum && yes > no;
  const state = isAccepted ? 'accepted' : 'rejected';
  const enactsAtMs = isAccepted ? ctx.atMs + settings.delayMs : null;
  db.set(`proposal/${number}`, { ...proposal, state, enactsAtMs });
  return state;
}

function enact(db, { proposal: number }, ctx) {
  const proposal = proposalIn(db, number, 'accepted');
  check(ctx.atMs >= proposal.enactsAtMs, 'the delay goes on');
  db.set(`upgrade/${proposal.function}/${proposal.code}`, ctx.index + 1);
  db.set(`proposal/${number}`, { ...proposal, state: 'enacted' });
  return ctx.index + 1;
}

/** What a key has earned, but never so much that a few decide alone. */
function weightOf(db, ctx) {
  const earned = ctx.read(db.get('credits'), `total/${ctx.caller}`) ?? 0;
  return Math.min(earned, Math.max(1, Math.floor(settings.quorum / 10)));
}

function proposalIn(db, number, state) {
  check(Number.isSafeInteger(number), 'a proposal is named by its index');
  const proposal = db.get(`proposal/${number}`);
  check(proposal?.state === state, `no such proposal is ${state}`);
  return proposal;
}

function isId(id) {
  return typeof id === 'string' && id.startsWith('b') && id.length === 59;
}

function isLink(text) {
  return (
    text === '' || (typeof text === 'string' && text.length <= 300 && text.startsWith('https://'))
  );
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}
