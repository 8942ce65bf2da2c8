// What git writes to pre-receive and post-receive: `<old> <new> <ref>` a line.
import type { RefUpdate } from '../../devenv/control/protocol.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'

/**
 * Refs are read as bytes, one character each: decoded as UTF-8, different names could become the same one. The names we
 * allow are ASCII, and a name that is not stays different from them all. Show them with {@link refText}.
 */
export function parseUpdates(input: Buffer): RefUpdate[] {
  const lines = input.toString('latin1').split('\n')
  return lines.filter((line) => line !== '').map(parseUpdate)
}

/** One line of it; also how `proc-receive` is told. */
export function parseUpdate(line: string): RefUpdate {
  const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/[^\0\n]+)$/.exec(line)
  if (match === null) throw new EdgeyardError('PROTOCOL', `Cannot understand this line from git: ${line.slice(0, 200)}`)
  return { oldCommit: match[1]!, newCommit: match[2]!, ref: match[3]! }
}

/** A ref of {@link parseUpdates} for people. */
export function refText(ref: string): string {
  return Buffer.from(ref, 'latin1').toString('utf8')
}
