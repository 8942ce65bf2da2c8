// How large a push may be once it is unpacked. A pack of a few MB can hold half a GB of zeros, or a million files.

/** Files of one commit. Scripts are a handful, a page's files some hundreds. */
export const FILES_MAX = 5_000
/** One file: a picture for a page, a table of game data. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024
/** All files of a commit together: several releases a sandbox lie on the disk. */
export const TREE_BYTES_MAX = 48 * 1024 * 1024
/** A path: Linux takes 4096 bytes, of which the yard's own folders need some. */
export const PATH_BYTES_MAX = 512
/** One name of a path: what Linux file systems take. */
export const NAME_BYTES_MAX = 255
/** Folders inside each other. */
export const DEPTH_MAX = 32
/** What git may list: beyond it there are too many files, and git is stopped in the middle. */
export const LISTING_BYTES_MAX = FILES_MAX * (PATH_BYTES_MAX + 80)
