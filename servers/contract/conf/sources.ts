// The texts that a conf is made of, its included files behind it: one row of offsets for all of them.

interface Source {
  readonly file: string
  readonly text: string
  /** The offset at which it begins. */
  readonly base: number
}

export class Sources {
  readonly #sources: Source[] = []

  /** Gives its base. */
  add(file: string, text: string): number {
    const last = this.#sources.at(-1)
    const base = last === undefined ? 0 : last.base + last.text.length + 1
    this.#sources.push({ file, text, base })
    return base
  }

  /** The one that an offset is in. */
  at(offset: number): Source {
    return this.#sources.findLast(({ base }) => base <= offset) ?? this.#sources[0]!
  }

  get count(): number {
    return this.#sources.length
  }
}
