// What is not as it should be with the records of a day, in sentences for people, until it is well again.
import type { Scope } from '../query/question.ts'
import type { Source } from '../query/wire.ts'

/** To look through its files, to read what was asked for, to write its index, to keep it as Parquet. */
export type NoteTopic = 'look' | 'read' | 'index' | 'keep'

export class Notes {
  readonly #ofDays = new Map<string, { readonly source: Source; readonly texts: Map<NoteTopic, string> }>()
  #ofAll: string | null = null

  /** Null: it is well again. */
  say(source: Source, day: string, topic: NoteTopic, text: string | null): void {
    const key = keyOf(source, day)
    const known = this.#ofDays.get(key)
    if (text !== null) {
      const texts = known?.texts ?? new Map<NoteTopic, string>()
      this.#ofDays.set(key, { source, texts: texts.set(topic, text) })
    } else if (known?.texts.delete(topic) && known.texts.size === 0) {
      this.#ofDays.delete(key)
    }
  }

  /** What is nobody's own, and so names nobody; null: it is well again. */
  sayOfAll(text: string | null): void {
    this.#ofAll = text
  }

  /** The day is gone. */
  forget(source: Source, day: string): void {
    this.#ofDays.delete(keyOf(source, day))
  }

  /** Of these sources; what is wrong with others' files names them, and is for them. */
  of(scope: Scope): readonly string[] {
    const keys = new Set(scope.map(({ server, developer }) => `${server}/${developer}`))
    const own = [...this.#ofDays.values()].filter(({ source }) => keys.has(`${source.server}/${source.developer}`))
    return [...(this.#ofAll === null ? [] : [this.#ofAll]), ...own.flatMap(({ texts }) => [...texts.values()])]
  }
}

function keyOf({ server, developer }: Source, day: string): string {
  return `${server}/${developer}/${day}`
}
