// Which pieces of four characters occur in a block of records, as a set of bits. A block in which a piece of the searched text does not
// occur need not be read; where all of them occur the text may still be somewhere else. A bit is shared by several pieces.

/** Pieces are that long: shorter ones occur everywhere, hexadecimal ids consist of all of them. */
const PIECE_LENGTH = 4

/** A full block has a bit for each of its bytes; a fifth of them are set in realistic records. */
const BITS_LOG2_MAX = 17
const BITS_LOG2_MIN = 9

export function createGrams(): Uint8Array {
  return new Uint8Array(2 ** BITS_LOG2_MAX / 8)
}

/** Marks every piece of a text. */
export function addGrams(grams: Uint8Array, text: string): void {
  let piece = 0
  for (let i = 0; i < text.length; i++) {
    // What was added four characters ago is shifted out.
    piece = (piece << 8) ^ text.charCodeAt(i)
    if (i < PIECE_LENGTH - 1) continue
    const bit = hash(piece)
    grams[bit >> 3]! |= 1 << (bit & 7)
  }
}

/** The bits that have to be set where the text occurs; none for a text that is shorter than a piece. */
export function gramsOf(text: string): readonly number[] {
  const bits = new Set<number>()
  let piece = 0
  for (let i = 0; i < text.length; i++) {
    piece = (piece << 8) ^ text.charCodeAt(i)
    if (i >= PIECE_LENGTH - 1) bits.add(hash(piece))
  }
  return [...bits]
}

export function hasGrams(grams: Uint8Array, bits: readonly number[]): boolean {
  const mask = grams.length * 8 - 1
  return bits.every((bit) => (grams[(bit & mask) >> 3]! & (1 << (bit & 7))) !== 0)
}

/** The same set in as few bytes as a block of that size needs. */
export function foldGrams(grams: Uint8Array, blockBytes: number): Uint8Array {
  const bits = 2 ** Math.min(BITS_LOG2_MAX, Math.max(BITS_LOG2_MIN, Math.ceil(Math.log2(blockBytes))))
  const folded = grams.slice(0, bits / 8)
  for (let from = folded.length; from < grams.length; from++) folded[from & (folded.length - 1)]! |= grams[from]!
  return folded
}

function hash(piece: number): number {
  return Math.imul(piece, 0x9e3779b1) >>> (32 - BITS_LOG2_MAX)
}
