// Lets old records go: `logs:` of yard.yml says when. Whatever goes before its time is told of in a record.
import { readdir, readFile, realpath, stat, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../servers/contract/errors.ts'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'
import { type Dropping, planRetention, type RecordFile, type RetentionReason } from '../records/plan-retention.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { bytesText } from '../sandbox/quotas.ts'
import type { YardLogs } from '../settings/settings.ts'
import type { YardLog } from './yard-context.ts'

/** A flood of records fills a disk in hours. */
const EVERY_MS = 10 * 60_000

const FILE = /^(\d{4}-\d\d-\d\d)\.(jsonl|parquet|errors\.parquet)$/
/** Says what the Parquet of a day was made from. */
const SEAL = /^(\d{4}-\d\d-\d\d)\.json$/
const KINDS = { jsonl: 'lines', parquet: 'parquet', 'errors.parquet': 'errors' } as const
const WHY: Readonly<Record<RetentionReason, string>> = {
  plain_days: 'are kept as Parquet alone now (logs.plain_days)',
  keep_days: 'have gone by age (logs.keep_days)',
  keep_error_days: 'of errors have gone by age (logs.keep_error_days)',
  keep_bytes: 'have gone because all together were too much (logs.keep_bytes)',
  disk: 'have gone because the disk is nearly full',
}

export interface Retention {
  /** Looks now, after what is at work. Never rejects. */
  run(): Promise<void>
  close(): Promise<void>
}

export function createRetention(
  { layout, logs, log }: { layout: YardLayout; logs: YardLogs; log: YardLog },
  now: () => number,
): Retention {
  let last: Promise<void> = Promise.resolve()
  const work = async () => {
    const { bavail, blocks, bsize } = await statfs(layout.root)
    const disk = { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    const dropped = planRetention(await listRecordFiles(layout), now(), logs, disk)
    for (const { file } of dropped) await unlink(file.path)
    for (const path of await listLeftSeals(layout)) await unlink(path)
    for (const reason of Object.keys(WHY) as RetentionReason[]) tell(dropped, reason)
  }
  const tell = (dropped: readonly Dropping[], reason: RetentionReason) => {
    const files = dropped.filter((each) => each.reason === reason).map(({ file }) => file)
    if (files.length === 0) return
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const days = files.map(({ day }) => day).sort()
    const severity = reason === 'disk' || reason === 'keep_bytes' ? 'warn' : 'info'
    const fields = { files: files.length, bytes, from: days[0], to: days.at(-1) }
    log(severity, `${files.length} files of records, ${bytesText(bytes)}, ${WHY[reason]}`, fields)
  }
  const run = () => {
    last = last.then(work).catch((error: unknown) => log('warn', `Cannot let old records go: ${messageOf(error)}`))
    return last
  }
  const timer = setInterval(() => void run(), EVERY_MS)
  timer.unref()
  return {
    run,
    close: async () => {
      clearInterval(timer)
      await last
    },
  }
}

async function listRecordFiles(layout: YardLayout): Promise<RecordFile[]> {
  const files: RecordFile[] = []
  for (const server of RECORD_SOURCES) {
    const folders = [join(layout.root, server), join(layout.archive, server)]
    const names = new Set((await Promise.all(folders.map(list))).flat().filter(isDeveloperName))
    for (const developer of names) {
      const archive = join(layout.archive, server, developer)
      for (const folder of [layout.logs(server, developer), archive]) files.push(...(await filesIn(folder, archive)))
    }
  }
  return files
}

/** The seals of days of which no Parquet is left: the log page would list the days for ever. */
async function listLeftSeals(layout: YardLayout): Promise<string[]> {
  const seals: string[] = []
  for (const server of RECORD_SOURCES) {
    for (const developer of (await list(join(layout.archive, server))).filter(isDeveloperName)) {
      const folder = join(layout.archive, server, developer)
      if (await isElsewhere(folder)) continue
      const names = new Set(await list(folder))
      for (const name of names) {
        const [, day] = SEAL.exec(name) ?? []
        if (day === undefined || names.has(`${day}.parquet`) || names.has(`${day}.errors.parquet`)) continue
        seals.push(join(folder, name))
      }
    }
  }
  return seals
}

/** The archive is written by the log page, which may not lead us elsewhere by a link. */
async function isElsewhere(folder: string): Promise<boolean> {
  return (await realpath(folder).catch(() => '')) !== folder
}

async function filesIn(folder: string, archive: string): Promise<RecordFile[]> {
  if (await isElsewhere(folder)) return []
  const files: RecordFile[] = []
  for (const name of await list(folder)) {
    const [, day, ending] = FILE.exec(name) ?? []
    if (day === undefined) continue
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) continue
    const kind = KINDS[ending as keyof typeof KINDS]
    const isSealed = kind === 'lines' && (await sealedBytes(join(archive, `${day}.json`))) === found.size
    files.push({ path, kind, day, bytes: found.size, isSealed })
  }
  return files
}

/** How much of a log file is in its Parquet; -1: nothing. */
async function sealedBytes(seal: string): Promise<number> {
  try {
    const { bytes } = JSON.parse(await readFile(seal, 'utf8')) as { bytes?: unknown }
    return typeof bytes === 'number' ? bytes : -1
  } catch {
    return -1
  }
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}
