// The block files of servers/blocks.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Block, parseBlocks } from './parse-blocks.ts'

/** Tests run from dist/, where only what was compiled is. */
const FOLDER = new URL('../../../../servers/blocks/', import.meta.url)

export interface BlockFile {
  /** Without `.block`. */
  readonly name: string
  readonly blocks: readonly Block[]
}

export function readBlockFiles(): BlockFile[] {
  return readdirSync(fileURLToPath(FOLDER))
    .filter((file) => file.endsWith('.block'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.block'.length),
      blocks: parseBlocks(readFileSync(new URL(file, FOLDER), 'utf8'), file),
    }))
}
