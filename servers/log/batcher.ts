// What comes one by one leaves many at a time: to hand on each alone would cost more than the record.

/** Gathered for so long: nobody who looks at a log notices. */
const BATCH_MS = 2
/** Or until there are so many: a loop that logs and never yields must not gather without end. */
const BATCH_COUNT_MAX = 256

export class Batcher<Item> {
  readonly #handOn: (items: readonly Item[]) => void
  #items: Item[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(handOn: (items: readonly Item[]) => void) {
    this.#handOn = handOn
  }

  /** Keeps the process alive until it was handed on. */
  add(item: Item): void {
    this.#items.push(item)
    if (this.#items.length >= BATCH_COUNT_MAX) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_MS)
  }

  /** Hands on what there is. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const items = this.#items
    this.#items = []
    if (items.length > 0) this.#handOn(items)
  }
}
