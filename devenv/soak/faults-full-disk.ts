// npm run faults, of records whose disk has no room: the sandboxes log on, and what could not be written is a gap that the log page shows.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPortBlock, run, TestYard, until } from '../e2e/yard.ts'
import { DEVELOPERS, RecordsYard } from './records-yard.ts'

/** A fresh yard has 130 MiB of MariaDB. */
const DISK_BYTES = 400 * 1024 * 1024
/** More than rsyslogd's queue of a developer holds, at the pace of the pump. */
const FULL_MS = 20_000
const TIMES = 3

describe('records whose disk is full (as root: on a disk of its own)', function () {
  this.timeout(600_000)
  let yard: TestYard
  let records: RecordsYard
  let isMounted = false

  before(async function () {
    const folder = mkdtempSync(join(tmpdir(), 'edgeyard-full-'))
    yard = new TestYard(folder, await findPortBlock())
    await mkdir(yard.root)
    isMounted = (await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', yard.root])).exitCode === 0
    if (!isMounted) return this.skip()
    await yard.up()
    for (const name of DEVELOPERS) await yard.do('dev', 'key', 'add', name, await yard.makeKey(name))
    records = new RecordsYard(yard)
    await records.prepare()
  })
  after(async () => {
    await yard.cli('down')
    if (isMounted) assert.equal((await run('umount', [yard.root])).exitCode, 0)
    rmSync(yard.folder, { recursive: true, force: true })
  })

  it('are there, or in a gap, and come again when there is room', async () => {
    const full = join(yard.root, 'fill')
    const pump = records.pump()
    const arrived = async () => (await records.written('dev1')).length
    const comesMore = async (what: string) => {
      const before = await arrived()
      await until(what, async () => (await arrived()) > before, 60_000)
    }
    for (let n = 0; n < TIMES; n++) {
      await comesMore('records arrive')
      await run('dd', ['if=/dev/zero', `of=${full}`, 'bs=64K', `count=${DISK_BYTES}`])
      await sleep(FULL_MS)
      await rm(full)
      await comesMore('records arrive again')
    }
    const last = await pump.stop()
    await records.settle(last)
    for (const developer of DEVELOPERS) await records.requireAccounted(developer, last[developer]!)
    await records.requireWhatIsWritten()
  })
})
