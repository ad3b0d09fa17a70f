/** One place in a chain; whoever holds it can remove its item in O(1). */
export type Link<Item> = {
  readonly item: Item;
  previous: Link<Item> | null;
  next: Link<Item> | null;
};

/**
 * A doubly linked queue: append, remove and look at the first, each in O(1).
 *
 * Deadlines of one duration are such a queue too: appended in the order of time, they come due in
 * the order of the chain. A Map would do, were its deleted heads not walked again and again.
 */
export class Chain<Item> {
  first: Link<Item> | null = null;
  last: Link<Item> | null = null;
  size = 0;

  append(item: Item): Link<Item> {
    const link: Link<Item> = { item, previous: this.last, next: null };
    if (this.last === null) this.first = link;
    else this.last.next = link;
    this.last = link;
    this.size++;
    return link;
  }

  /** Takes a link of this chain out; each link once. */
  remove(link: Link<Item>): void {
    if (link.previous === null) this.first = link.next;
    else link.previous.next = link.next;
    if (link.next === null) this.last = link.previous;
    else link.next.previous = link.previous;
    this.size--;
  }

  /** Takes an item behind all others. */
  renew(link: Link<Item>): void {
    if (link === this.last) return;
    this.remove(link);
    link.previous = this.last;
    link.next = null;
    if (this.last === null) this.first = link;
    else this.last.next = link;
    this.last = link;
    this.size++;
  }

  /** The items from first to last; none may be removed meanwhile but the one just given. */
  *[Symbol.iterator](): Generator<Item> {
    for (let link = this.first; link !== null;) {
      const next: Link<Item> | null = link.next;
      yield link.item;
      link = next;
    }
  }
}
