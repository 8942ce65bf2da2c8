// What was read of index files lately, within a bound.
import type { Block, Columns } from './block.ts'

/** Two days of a yard that writes half a million records a day, twelve bytes each, many times over. */
const CACHE_BYTES_MAX = 48 * 1024 * 1024

export class BlockCache {
  readonly #columns = new Map<Block, Columns>()
  readonly #grams = new Map<Block, Uint8Array>()
  #bytes = 0

  columns(block: Block, read: () => Columns): Columns {
    return this.#get(this.#columns, block, read, columnBytes)
  }

  grams(block: Block, read: () => Uint8Array): Uint8Array {
    return this.#get(this.#grams, block, read, (grams) => grams.length)
  }

  #get<T>(kept: Map<Block, T>, block: Block, read: () => T, sizeOf: (value: T) => number): T {
    const known = kept.get(block)
    const value = known ?? read()
    if (known === undefined) {
      this.#bytes += sizeOf(value)
      this.#makeRoom()
    }
    // The one that was asked for last stands last.
    kept.delete(block)
    kept.set(block, value)
    return value
  }

  /** Grams first: a search reads all of them, once. */
  #makeRoom(): void {
    for (const [block, grams] of this.#grams) {
      if (this.#bytes <= CACHE_BYTES_MAX) return
      this.#grams.delete(block)
      this.#bytes -= grams.length
    }
    for (const [block, columns] of this.#columns) {
      if (this.#bytes <= CACHE_BYTES_MAX) return
      this.#columns.delete(block)
      this.#bytes -= columnBytes(columns)
    }
  }
}

function columnBytes({ stamps, offsets }: Columns): number {
  return stamps.byteLength + offsets.byteLength
}
