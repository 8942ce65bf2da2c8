// What a daemon started and was killed before it wrote that down: nobody watches it, and it may hold a port or a file.
import { findStrays, listMarked } from '../exec/process-marks.ts'
import { identifyProcess, isAlive, signalProcess } from '../exec/process-table.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { parseMark, type RunFile } from './run-files.ts'
import { askUntil } from './within.ts'

/** It has served nobody yet: it has little to put away. */
const END_DEADLINE_MS = 3_000

/** Resolves when none of them runs. Must be called while nothing is being started. */
export async function endStrays(layout: YardLayout, runs: readonly RunFile[]): Promise<void> {
  const known = new Set(runs.filter(isAlive).map(({ pid }) => pid))
  const strays = findStrays(listMarked(), known, (mark) => parseMark(mark)?.root === layout.root)
  const identities = strays.flatMap(({ pid }) => identifyProcess(pid) ?? [])
  for (const identity of identities) signalProcess(identity, 'SIGTERM')
  const gone = () => !identities.some(isAlive)
  if (await askUntil(gone, { ms: END_DEADLINE_MS })) return
  for (const identity of identities) signalProcess(identity, 'SIGKILL')
  await askUntil(gone, { ms: END_DEADLINE_MS })
}
