// A poll that nobody can miscount: one vote a key, which may be changed until it closes.
// Put your own question and choices here; they are part of the function's id.
const QUESTION = 'Which model should the network train next?';
const CHOICES = ['larger', 'multilingual', 'smaller and faster'];
const CLOSES_AT_MS = 1_900_000_000_000;

//   { choice: 0 | 1 | 2 }
// State: count/<choice> · vote/<key>
export function handle(db, action, ctx) {
  const { choice } = action;
  if (ctx.atMs >= CLOSES_AT_MS) throw new Error('the poll is closed');
  if (CHOICES[choice] === undefined) throw new Error(`"${QUESTION}" has ${CHOICES.length} choices`);
  const before = db.get(`vote/${ctx.caller}`);
  if (before !== undefined) db.set(`count/${before}`, db.get(`count/${before}`) - 1);
  db.set(`vote/${ctx.caller}`, choice);
  db.set(`count/${choice}`, (db.get(`count/${choice}`) ?? 0) + 1);
  return CHOICES[choice];
}
