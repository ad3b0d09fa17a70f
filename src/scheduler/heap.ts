/** The place of an item in a heap, which the heap keeps: -1 outside. */
export type Place = { at: number };

/**
 * A binary heap whose items know their place: add, remove and reorder any item in O(log n).
 *
 * `isBefore` must be a total order, so that equal heaps give equal sequences.
 */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (a: Item, b: Item) => boolean;
  readonly #placeOf: (item: Item) => Place;

  constructor(of: {
    readonly isBefore: (a: Item, b: Item) => boolean;
    readonly placeOf: (item: Item) => Place;
  }) {
    this.#isBefore = of.isBefore;
    this.#placeOf = of.placeOf;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): Item | null {
    return this.#items[0] ?? null;
  }

  /** In no order that means anything. */
  items(): readonly Item[] {
    return this.#items;
  }

  /** The first ones, in order. O(n^2) for n of them, which are to be few. */
  smallest(count: number): Item[] {
    const found: Item[] = [];
    // Places whose parents were found already.
    const edge = this.#items.length > 0 ? [0] : [];
    while (found.length < count) {
      let at = -1;
      for (let index = 0; index < edge.length; index++) {
        if (at === -1 || this.#isBefore(this.#at(edge[index]), this.#at(edge[at]))) at = index;
      }
      const place = edge[at];
      if (place === undefined) break;
      found.push(this.#at(place));
      edge.splice(at, 1);
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#items.length) edge.push(child);
      }
    }
    return found;
  }

  /** Shows items, each before those behind it, which are left out where `goesOn` says no. */
  descend(goesOn: (item: Item) => boolean, at = 0): void {
    const item = this.#items[at];
    if (item === undefined || !goesOn(item)) return;
    this.descend(goesOn, 2 * at + 1);
    this.descend(goesOn, 2 * at + 2);
  }

  has(item: Item): boolean {
    return this.#placeOf(item).at !== -1;
  }

  add(item: Item): void {
    this.#placeOf(item).at = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  remove(item: Item): void {
    const { at } = this.#placeOf(item);
    const last = this.#items.pop();
    this.#placeOf(item).at = -1;
    if (last === undefined || last === item) return;
    this.#put(last, at);
    this.reorder(last);
  }

  /** Takes an item to where it belongs, after what it is ordered by has changed. */
  reorder(item: Item): void {
    this.#rise(item);
    this.#sink(item);
  }

  /** The item at a place that exists. */
  #at(place: number | undefined): Item {
    return this.#items[place ?? 0] as Item;
  }

  #rise(item: Item): void {
    for (;;) {
      const { at } = this.#placeOf(item);
      const parent = this.#items[(at - 1) >> 1];
      if (at === 0 || parent === undefined || !this.#isBefore(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const { at } = this.#placeOf(item);
      const left = this.#items[2 * at + 1];
      if (left === undefined) return;
      const right = this.#items[2 * at + 2];
      const child = right !== undefined && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, item)) return;
      this.#swap(item, child);
    }
  }

  #swap(a: Item, b: Item): void {
    const [atA, atB] = [this.#placeOf(a).at, this.#placeOf(b).at];
    this.#put(a, atB);
    this.#put(b, atA);
  }

  #put(item: Item, at: number): void {
    this.#items[at] = item;
    this.#placeOf(item).at = at;
  }
}
