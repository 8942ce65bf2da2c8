// `npm run soak`: a yard whose daemon is killed again and again, and what its memory is after all that.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pssBytes } from '../bench/memory.ts'
import { findPortBlock, TestYard } from '../e2e/yard.ts'
import { runChaos } from './chaos.ts'

const USAGE = `Usage: npm run soak -- [--kills N] [--seed N]

Kills the daemon with -9 at random moments of pushes, switches, additions and removals, starts it again, and looks whether
every ref is what runs, nothing is orphaned and nothing is lost. Exits with 1 when that is not so, or a bar is missed.

  --kills N  how often; default 50
  --seed N   the moments; default another one each time, which is printed
`
/** From the start of the next daemon until every ref is what runs. */
const RECOVERY_BAR_MS = 5_000
const MEMORY_BAR_MIB = 70
/** What a daemon has used for its start is given back when it has had nothing to do for a while. */
const QUIET_MS = 35_000

const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
const kills = Number(values.kills ?? 50)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (values.help) process.stdout.write(USAGE)
else if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else await soak()

async function soak(): Promise<void> {
  const yard = new TestYard(mkdtempSync(join(tmpdir(), 'edgeyard-soak-')), await findPortBlock())
  try {
    await yard.up()
    for (const name of ['dev1', 'dev2']) await yard.do('dev', 'key', 'add', name, await yard.makeKey(name))
    console.log(`Seed ${seed}`)
    const results = await runChaos(yard, { kills, seed, tell: (line) => console.log(line) })
    const times = results.map(({ recoveredMs }) => recoveredMs).sort((a, b) => a - b)
    const [median, worst] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0]
    bar(`recovery: median ${median} ms, worst ${worst} ms, bar ${RECOVERY_BAR_MS} ms`, worst <= RECOVERY_BAR_MS)
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    const { pid } = await yard.status()
    const mib = pssBytes(pid) / 2 ** 20
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024
    bar(
      `memory of the daemon: ${mib.toFixed(1)} MiB PSS (${rss.toFixed(1)} resident), bar ${MEMORY_BAR_MIB}`,
      mib <= MEMORY_BAR_MIB,
    )
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  } finally {
    await yard.cli('down')
    rmSync(yard.folder, { recursive: true, force: true })
  }
}

function bar(text: string, held: boolean): void {
  console.log(`${held ? 'held  ' : 'MISSED'} ${text}`)
  if (!held) process.exitCode = 1
}
