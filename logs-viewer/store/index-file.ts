// The blocks of one source's day on disk: appended as they get full, read as they are asked for.
//
// A file begins with a line of JSON (`Stamp`); one that was made from something else, or by another version, is as good as none. Each block
// is a head of HEAD_BYTES, its grams, its stamps, its offsets, and JSON (`Tail`). A block that was not written to its end is written again.
import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import type { Block, Columns } from './block.ts'
import type { BlockCache } from './block-cache.ts'
import { foldGrams } from './grams.ts'

/** Whatever changes how blocks are made or written changes it. */
const VERSION = 1

const STAMP_BYTES = 256
const HEAD_BYTES = 48
const RECORD_BYTES = 8
/** Of that much a small file is read at once. */
const READ_BYTES = 128 * 1024

/** The file is no longer what it was: somebody has deleted it, as one may. Its blocks have to be made anew. */
export class LostIndexError extends Error {
  readonly path: string

  constructor(path: string) {
    super(`${path} was deleted while it was read`)
    this.name = 'LostIndexError'
    this.path = path
  }
}

interface Tail {
  readonly missing: readonly [index: number, count: number][]
  readonly gaps: readonly [run: string, count: number][]
  readonly runs: readonly [run: string, seq: number][]
}

/**
 * Appends to the file, and answers with the block as it is read from there. The first one makes the file, whatever was there before; for
 * another one of a file that is gone it throws a LostIndexError.
 */
export function appendBlock(
  path: string,
  made: string,
  block: Block,
  { isFirst, cache }: { isFirst: boolean; cache: BlockCache },
): Block {
  const grams = foldGrams(block.grams(), block.end - block.start)
  const { stamps, offsets } = block.columns()
  const lists: Tail = { missing: [...block.missing], gaps: [...block.gaps], runs: [...block.runs] }
  const tail = Buffer.from(JSON.stringify(lists))
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeDoubleLE(block.start, 0)
  head.writeDoubleLE(block.end, 8)
  const numbers = [block.count, grams.length, tail.length, block.firstMs, block.lastMs, block.severities]
  for (const [place, number] of numbers.entries()) head.writeUInt32LE(number, 16 + 4 * place)
  const parts = [head, grams, bytesOf(stamps.subarray(0, block.count)), bytesOf(offsets.subarray(0, block.count)), tail]
  if (isFirst) {
    // Not over what is there: somebody may still be reading it.
    rmSync(path, { force: true })
    writeFileSync(path, renderStamp(made))
  }
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new LostIndexError(path)
  appendFileSync(path, Buffer.concat(parts))
  return new StoredBlock({ path, identity: identityOf(found), position: found.size }, head, block, cache)
}

/** The blocks of a file that was made from what `isGood` knows; none when there is no such file. What is half written at its end is cut off. */
export function readBlocks(path: string, isGood: (made: string) => boolean, cache: BlockCache): Block[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined || size < STAMP_BYTES) return []
  const file = openSync(path, 'r')
  try {
    const read = (position: number, length: number) => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(file, bytes, 0, length, position))
    }
    // Most files are small: then this is all of it.
    const first = read(0, Math.min(size, READ_BYTES))
    const made = parseStamp(first.subarray(0, STAMP_BYTES))
    if (made === undefined || !isGood(made)) return []
    const at = (position: number, length: number) =>
      position + length <= first.length ? first.subarray(position, position + length) : read(position, length)
    const blocks: Block[] = []
    const identity = identityOf(fstatSync(file))
    let position = STAMP_BYTES
    while (position + HEAD_BYTES <= size) {
      const head = at(position, HEAD_BYTES)
      const sizes = sizesIn(head)
      if (sizes.count === 0 || position + sizes.all > size) break
      const tail = parseTail(at(position + sizes.all - sizes.tail, sizes.tail))
      if (tail === undefined) break
      blocks.push(new StoredBlock({ path, identity, position }, head, tail, cache))
      position += sizes.all
    }
    if (position < size) truncateSync(path, position)
    return blocks
  } finally {
    closeSync(file)
  }
}

/** Where a block is. */
interface StoredAt {
  readonly path: string
  readonly identity: string
  readonly position: number
}

class StoredBlock implements Block {
  readonly start: number
  readonly end: number
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly severities: number
  readonly missing: ReadonlyMap<number, number>
  readonly gaps: ReadonlyMap<string, number>
  readonly runs: ReadonlyMap<string, number>
  readonly #at: StoredAt
  readonly #gramBytes: number
  readonly #cache: BlockCache

  constructor(at: StoredAt, head: Buffer, tail: Pick<Block, keyof Tail>, cache: BlockCache) {
    this.#at = at
    this.#cache = cache
    this.missing = tail.missing
    this.gaps = tail.gaps
    this.runs = tail.runs
    this.start = head.readDoubleLE(0)
    this.end = head.readDoubleLE(8)
    this.firstMs = head.readUInt32LE(28)
    this.lastMs = head.readUInt32LE(32)
    this.severities = head.readUInt32LE(36)
    const { count, grams } = sizesIn(head)
    this.count = count
    this.#gramBytes = grams
  }

  columns(): Columns {
    return this.#cache.columns(this, () => {
      const bytes = this.#read(HEAD_BYTES + this.#gramBytes, this.count * RECORD_BYTES)
      const words = new Uint32Array(bytes.buffer)
      return { stamps: words.subarray(0, this.count), offsets: words.subarray(this.count) }
    })
  }

  grams(): Uint8Array {
    return this.#cache.grams(this, () => this.#read(HEAD_BYTES, this.#gramBytes))
  }

  #read(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length)
    const { path, identity, position: start } = this.#at
    const file = openIndex(path)
    try {
      const isSame = identityOf(fstatSync(file)) === identity
      if (!isSame || readSync(file, bytes, 0, length, start + position) !== length) throw new LostIndexError(path)
    } finally {
      closeSync(file)
    }
    return bytes
  }
}

/** A file that was made anew has another one. */
function identityOf({ ino, birthtimeMs }: { ino: number; birthtimeMs: number }): string {
  return `${ino} ${birthtimeMs}`
}

function openIndex(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new LostIndexError(path) : error
  }
}

function sizesIn(head: Buffer): { count: number; grams: number; tail: number; all: number } {
  const [count, grams, tail] = [head.readUInt32LE(16), head.readUInt32LE(20), head.readUInt32LE(24)]
  return { count, grams, tail, all: HEAD_BYTES + grams + count * RECORD_BYTES + tail }
}

function parseTail(bytes: Buffer): Pick<Block, keyof Tail> | undefined {
  try {
    const { missing, gaps, runs } = JSON.parse(bytes.toString()) as Tail
    return { missing: new Map(missing), gaps: new Map(gaps), runs: new Map(runs) }
  } catch {
    // Whoever wrote it was interrupted by more than a kill.
    return undefined
  }
}

function renderStamp(made: string): Buffer {
  return Buffer.from(`${JSON.stringify({ version: VERSION, made })}`.padEnd(STAMP_BYTES - 1).concat('\n'))
}

function parseStamp(bytes: Buffer): string | undefined {
  try {
    const { version, made } = JSON.parse(bytes.toString()) as { version: number; made: string }
    return version === VERSION ? made : undefined
  } catch {
    return undefined
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
