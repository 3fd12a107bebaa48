/** What was begun in an order is delivered in that order, whenever each of it is done. */

interface Place {
  /** Null: not done yet. */
  deliver: (() => void) | null;
}

export class DeliveryOrder {
  /** Oldest first. */
  readonly #places: Place[] = [];
  #delivering = false;

  /** Whether everything was delivered. */
  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /** The next place. What it returns is called once, with the delivery that stands there; it comes when all before it have come. */
  take(): (deliver: () => void) => void {
    const place: Place = { deliver: null };
    this.#places.push(place);
    return (deliver) => {
      place.deliver = deliver;
      this.#deliver();
    };
  }

  /** Stands behind all that was begun before, and is done already. */
  add(deliver: () => void): void {
    this.#places.push({ deliver });
    this.#deliver();
  }

  /** What a delivery sets free may bring others; only the outermost call delivers, so that the order stays. */
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let deliver = this.#places[0]?.deliver; deliver; deliver = this.#places[0]?.deliver) {
        this.#places.shift();
        deliver();
      }
    } finally {
      this.#delivering = false;
    }
  }
}
