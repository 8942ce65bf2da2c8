// How large a push may be once it is unpacked. A pack of a few MB can hold half a GB of zeros, or a million files. How much a
// developer may bring in all is a quota (yard.yml); these are for everybody.

/** One file: a picture for a page, a table of game data. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024
/** A path: Linux takes 4096 bytes, of which the yard's own folders need some. */
export const PATH_BYTES_MAX = 512
/** One name of a path: what Linux file systems take. */
export const NAME_BYTES_MAX = 255
/** Folders inside each other. */
export const DEPTH_MAX = 32

/** What git may list of so many files: beyond it there are too many, and git is stopped in the middle. */
export function listingBytesMax(files: number): number {
  // One more, so that a single one too many is counted and not only suspected.
  return (files + 1) * (PATH_BYTES_MAX + 80)
}
