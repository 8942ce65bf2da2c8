// What is done to a sound text to make it an unsound one; it works on pieces that mean something, and seldom on single bytes.
import type { Random } from './random.ts'

/** `pieces` are changed in place: left out, doubled, swapped, replaced by a word, or damaged. */
export function mutatePieces(pieces: string[], words: readonly string[], random: Random): string[] {
  for (let changes = 1 + random.length(6); changes > 0 && pieces.length > 0; changes--) {
    const at = random.below(pieces.length)
    const other = random.below(pieces.length)
    switch (random.below(7)) {
      case 0:
        pieces.splice(at, 1 + random.length(3))
        break
      case 1:
        pieces.splice(at, 0, ...pieces.slice(other, other + 1 + random.length(5)))
        break
      case 2:
        ;[pieces[at], pieces[other]] = [pieces[other]!, pieces[at]!]
        break
      case 3:
        pieces[at] = random.pick(words)
        break
      case 4:
        pieces.splice(at, 0, random.pick(words))
        break
      case 5:
        pieces[at] = damaged(pieces[at]!, random)
        break
      default:
        pieces[at] = pieces[at]!.repeat(1 + random.length(40))
    }
  }
  return pieces
}

/** One byte left out, put in, or changed; or cut off. */
export function damaged(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + random.byte() + text.slice(at)
    case 2:
      return text.slice(0, at) + random.byte() + text.slice(at + 1)
    default:
      return text.slice(0, at)
  }
}
