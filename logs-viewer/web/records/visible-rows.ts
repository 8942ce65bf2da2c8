// Which rows are in view, when most of them have never been drawn: those have the height that rows of their kind usually have.

export interface Sized {
  /** In pixels; 0: not known yet. */
  readonly height: number
}

export interface VisibleRows {
  /** The first that is drawn, and the one behind the last. */
  readonly start: number
  readonly end: number
}

export function findVisible(
  rows: readonly Sized[],
  usual: number,
  { from, to }: { readonly from: number; readonly to: number },
): VisibleRows {
  let start = 0
  let above = 0
  for (; start < rows.length - 1; start++) {
    const next = above + (rows[start]!.height || usual)
    if (next > from) break
    above = next
  }
  let end = start
  let bottom = above
  while (end < rows.length && bottom < to) bottom += rows[end++]!.height || usual
  return { start, end }
}

/** Where a row begins. */
export function topOf(rows: readonly Sized[], usual: number, index: number): number {
  let top = 0
  for (let i = 0; i < index; i++) top += rows[i]!.height || usual
  return top
}

/** The row at a place, and how far below its top that is. */
export function rowAt(rows: readonly Sized[], usual: number, place: number): { index: number; offset: number } {
  let top = 0
  for (let index = 0; index < rows.length; index++) {
    const next = top + (rows[index]!.height || usual)
    if (next > place) return { index, offset: place - top }
    top = next
  }
  return { index: Math.max(0, rows.length - 1), offset: 0 }
}
