// Where each run has come to at the end of a log file, read faster than records are looked through: whoever comes next goes on from there.
import { setImmediate } from 'node:timers/promises'
import { parseRecordLine } from '../../servers/contract/record.ts'
import { CHUNK_BYTES, readNewLines } from './read-new-lines.ts'

/** How the lines of our own servers begin. */
const NUMBERED = /^\{"received":"[^"]*","run":"([^"\\]*)","seq":(\d+),/
const NOBODY = { server: '', developer: '' }

/** `numbers`: of what stands before `position`. They are changed, and given back. */
export async function readLastNumbers(
  file: number,
  position: number,
  numbers: Map<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const room = Buffer.allocUnsafe(CHUNK_BYTES)
  for (let place = position; ; ) {
    const { lines, end } = readNewLines(file, place, room)
    if (lines.length === 0) return numbers
    for (const { text } of lines) {
      const { run, seq } = numberOf(text)
      if (run !== undefined && seq !== undefined) numbers.set(run, Math.max(seq, numbers.get(run) ?? 0))
    }
    place = end
    await setImmediate()
  }
}

function numberOf(text: string): { run?: string | undefined; seq?: number | undefined } {
  const [, run, seq] = NUMBERED.exec(text) ?? []
  if (run !== undefined) return { run, seq: Number(seq) }
  return text.includes('"seq"') ? parseRecordLine(text, NOBODY) : {}
}
