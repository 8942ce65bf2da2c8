// The log of a block's server against what the block says should be in it.
import assert from 'node:assert/strict'
import type { ServingEdgeServer } from '../edge-server.ts'
import { patternOf } from './match-response.ts'
import type { Block } from './parse-blocks.ts'

/** Until a record that was written has come through its pipe. */
const LOG_DEADLINE_MS = 5000

/** Each line of `error_log` is in the log, as often as it is written; and nothing else is an error. */
export async function checkLog({ sections }: Block, server: ServingEdgeServer, exactly: boolean): Promise<void> {
  const wanted = sections.filter(({ name }) => name === 'error_log').flatMap(({ text }) => text.split('\n'))
  for (const line of new Set(wanted)) {
    const expected = exactly ? wanted.filter((each) => each === line).length : 1
    const times = () => recordsOf(server).filter((each) => found(each, line)).length
    // A record may come behind the reply that it is about.
    const until = performance.now() + LOG_DEADLINE_MS
    while (times() < expected && performance.now() < until) await new Promise(setImmediate)
    const logged = `"${line}" in\n${server.log.all().join('\n')}`
    if (exactly) assert.equal(times(), expected, logged)
    else assert.ok(times() > 0, logged)
  }
  const others = recordsOf(server).filter(
    (record) => /\[(?:error|crit|alert|emerg)\]/.test(record) && !wanted.some((each) => found(record, each)),
  )
  assert.deepEqual(others, [])
}

/** A record's stack stands below it, indented. */
function recordsOf({ log }: ServingEdgeServer): string[] {
  return log
    .all()
    .join('\n')
    .split(/\n(?! )/)
}

export function found(text: string, line: string): boolean {
  return literal(line).test(text)
}

/** A part of a line, with placeholders; or a pattern between slashes. */
export function literal(line: string): RegExp {
  const pattern = /^\/(.*)\/$/.exec(line)?.[1]
  return pattern === undefined ? new RegExp(patternOf(line).source.slice(1, -1)) : new RegExp(pattern)
}
