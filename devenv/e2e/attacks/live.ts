// What a branch of socketserver is at, and what runs of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callControl } from '../../control/call.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { run, type TestYard } from '../yard.ts'

export async function branchOf(yard: TestYard, developer: string): Promise<string> {
  const folder = yardLayout(yard.root).repository('socketserver')
  const loose = await readFile(join(folder, 'refs/heads', developer), 'latin1').catch(() => '')
  if (loose !== '') return loose.trim()
  return (await run('git', ['--git-dir', folder, 'rev-parse', `refs/heads/${developer}`])).stdout.trim()
}

export async function liveOf(yard: TestYard, developer: string): Promise<{ state: string; commit: string | null }> {
  const { sandboxes } = await callControl(yardLayout(yard.root).control, 'status', {})
  const found = sandboxes.find((one) => one.server === 'socketserver' && one.developer === developer)
  return { state: found?.state ?? 'missing', commit: found?.commit ?? null }
}
