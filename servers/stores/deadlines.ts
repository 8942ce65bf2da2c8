// One timer for everything that waits equally long: a timer for each call would cost as much as the call.

interface Entry<Item> {
  readonly item: Item
  readonly at: number
  before: Entry<Item> | undefined
  after: Entry<Item> | undefined
  over: boolean
}

export type Waiting<Item> = Pick<Entry<Item>, 'item'>

/** Items expire `ms` after they were added, in their order, unless they were taken away before. Does not keep the process alive. */
export class Deadlines<Item> {
  readonly #ms: number
  readonly #onExpired: (item: Item) => void
  #first: Entry<Item> | undefined
  #last: Entry<Item> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, onExpired: (item: Item) => void) {
    this.#ms = ms
    this.#onExpired = onExpired
  }

  /** `now` is performance.now(): whoever adds has asked for it already. */
  add(item: Item, now: number): Waiting<Item> {
    const entry: Entry<Item> = { item, at: now + this.#ms, before: this.#last, after: undefined, over: false }
    if (this.#last === undefined) this.#first = entry
    else this.#last.after = entry
    this.#last = entry
    this.#timer ??= setTimeout(() => this.#expire(), this.#ms).unref()
    return entry
  }

  /** Nothing happens when it has expired. */
  remove(waiting: Waiting<Item>): void {
    const entry = waiting as Entry<Item>
    if (entry.over) return
    entry.over = true
    if (entry.before === undefined) this.#first = entry.after
    else entry.before.after = entry.after
    if (entry.after === undefined) this.#last = entry.before
    else entry.after.before = entry.before
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    // Timers may come a little early.
    for (let entry = this.#first; entry !== undefined && entry.at <= now + 1; entry = this.#first) {
      this.remove(entry)
      this.#onExpired(entry.item)
    }
    if (this.#first !== undefined) {
      this.#timer = setTimeout(() => this.#expire(), Math.max(1, this.#first.at - now)).unref()
    }
  }
}
