// A public registry of names, for anybody: first come, first served, and only who holds a name
// changes or hands it on. Deploy it as it is.
//
//   { kind: 'claim', name, value } | { kind: 'set', name, value } | { kind: 'give', name, to }
// State: name/<name> = { holder, value, since }
export function handle(db, action, ctx) {
  const { kind, name } = action;
  if (typeof name !== 'string' || name.length < 3 || name.length > 40) {
    throw new Error('a name has 3 to 40 characters');
  }
  const held = db.get(`name/${name}`);
  if (kind === 'claim') {
    if (held !== undefined) throw new Error(`${name} is taken`);
    db.set(`name/${name}`, { holder: ctx.caller, value: action.value, since: ctx.index });
    return name;
  }
  if (held?.holder !== ctx.caller) throw new Error(`you do not hold ${name}`);
  if (kind === 'set') db.set(`name/${name}`, { ...held, value: action.value });
  else if (kind === 'give') db.set(`name/${name}`, { ...held, holder: action.to });
  else throw new Error('the registry knows claim, set and give');
  return name;
}
