// Registry: which models and kernels the network admits, by content id and licence.
//
// Settings: { stewards: [key], licences: [name] }. Anybody proposes an entry; a steward who did not
// propose it admits it; a steward withdraws it, and says why. Nothing is ever deleted.
//
// Actions:
//   { kind: 'propose', id, type: 'model' | 'kernel', name, licence, parts: [content id] }
//   { kind: 'admit', id } | { kind: 'withdraw', id, words }       by a steward
// State: item/<id> = { type, name, licence, parts, state, by, steward, words } · admitted/<type>/<id>
export function handle(db, action, ctx) {
  switch (action?.kind) {
    case 'propose':
      return propose(db, action, ctx);
    case 'admit':
      return admit(db, action, ctx);
    case 'withdraw':
      return withdraw(db, action, ctx);
    default:
      throw new Error('the registry knows propose, admit and withdraw');
  }
}

function propose(db, { id, type, name, licence, parts }, ctx) {
  check(isContentId(id), 'an item has a content id');
  check(db.get(`item/${id}`) === undefined, 'this item was proposed already');
  check(type === 'model' || type === 'kernel', 'an item is a model or a kernel');
  check(typeof name === 'string' && name.length > 0 && name.length <= 100, 'an item has a name');
  check(settings.licences.includes(licence), `the licence is one of ${settings.licences.join()}`);
  check(Array.isArray(parts) && parts.length <= 64 && parts.every(isContentId), 'parts are ids');
  const item = { type, name, licence, parts, state: 'proposed', by: ctx.caller, steward: null };
  db.set(`item/${id}`, { ...item, words: '' });
  return id;
}

function admit(db, { id }, ctx) {
  const item = itemFor(db, id, ctx);
  check(item.state === 'proposed', 'only what is proposed can be admitted');
  check(item.by !== ctx.caller, 'another steward than who proposed it admits it');
  db.set(`item/${id}`, { ...item, state: 'admitted', steward: ctx.caller });
  db.set(`admitted/${item.type}/${id}`, item.name);
  return id;
}

function withdraw(db, { id, words }, ctx) {
  const item = itemFor(db, id, ctx);
  check(item.state !== 'withdrawn', 'it is withdrawn already');
  check(typeof words === 'string' && words.length > 0 && words.length <= 500, 'say why');
  db.set(`item/${id}`, { ...item, state: 'withdrawn', steward: ctx.caller, words });
  db.delete(`admitted/${item.type}/${id}`);
  return id;
}

function itemFor(db, id, ctx) {
  check(settings.stewards.includes(ctx.caller), 'only stewards do this');
  check(isContentId(id), 'an item has a content id');
  const item = db.get(`item/${id}`);
  check(item !== undefined, 'nobody proposed this item');
  return item;
}

function isContentId(id) {
  return typeof id === 'string' && id.startsWith('b') && id.length === 59;
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}
