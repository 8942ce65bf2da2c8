// Every record that is written from now on, whichever folder it goes to.
import { dirname, join } from 'node:path'
import { parseRecordLine, RECORD_SOURCES } from '../../servers/contract/record.ts'
import { renderRecordId } from '../query/record-id.ts'
import type { ShownRecord } from '../query/wire.ts'
import { type LogFolder, listLogFolders, logFilePath } from '../store/log-files.ts'
import { FileTail } from './file-tail.ts'
import { watchFolders } from './watch-folders.ts'

/** How often everything is looked at even when no event came: events get lost (overflow, network file systems, a new folder's first moment). */
const RESCAN_MS = 2000

/** Events come in bursts; a look costs three system calls. */
const GATHER_MS = 10

/** Around midnight records go to two days. Older files do not grow. */
const DAYS_TAILED = 2

export interface YardTail {
  /** How many files are looked after. */
  readonly files: number
  close(): Promise<void>
}

/**
 * Reports records in the order of each file, some at a time. What is in the files when it begins is not reported; a file that appears
 * later is, from its first line. Holds a place for each file and nothing else.
 */
export async function tailYard(root: string, report: (records: ShownRecord[]) => void): Promise<YardTail> {
  const files = new Map<string, { tail: FileTail; folder: LogFolder; day: string }>()
  let closed = false
  let changed = new Set<string>()
  let scanWanted = false
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()

  const look = (path?: string) => {
    if (path === undefined) scanWanted = true
    else changed.add(path)
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      working = working.then(work)
    }, GATHER_MS)
  }

  const watches = watchFolders((folder, name) => {
    const path = name === null ? '' : join(folder, name)
    look(files.has(path) ? path : undefined)
  })

  const scan = async (isFirst: boolean) => {
    const folders = await listLogFolders(root)
    if (watches.set(foldersToWatch(root, folders))) look()
    const found = new Set<string>()
    for (const folder of folders) {
      for (const day of folder.days.slice(-DAYS_TAILED)) {
        const path = logFilePath(folder, day)
        found.add(path)
        if (files.has(path)) continue
        const tail = new FileTail(path)
        if (isFirst) await tail.skip()
        files.set(path, { tail, folder, day })
      }
    }
    for (const path of files.keys()) if (!found.has(path)) files.delete(path)
  }

  const work = async () => {
    const paths = scanWanted ? undefined : changed
    changed = new Set()
    scanWanted = false
    if (closed) return
    if (paths === undefined) await scan(false)
    for (const path of paths ?? files.keys()) {
      const file = files.get(path)
      if (file === undefined || closed) continue
      const { server, developer } = file.folder
      await file.tail.read((lines) => {
        if (closed) return
        report(
          lines.map(({ offset, text }) => ({
            id: renderRecordId({ server, developer, day: file.day, offset }),
            ...parseRecordLine(text, { server, developer }),
          })),
        )
      })
    }
  }

  await scan(true)
  const rescan = setInterval(() => look(), RESCAN_MS)
  return {
    get files() {
      return files.size
    },
    async close() {
      closed = true
      clearInterval(rescan)
      clearTimeout(timer)
      watches.close()
      await working
    },
  }
}

/** The log folders, and every folder in which one could appear. */
function foldersToWatch(root: string, folders: readonly LogFolder[]): Set<string> {
  const servers = RECORD_SOURCES.map((server) => join(root, server))
  return new Set([root, ...servers, ...folders.flatMap(({ path }) => [dirname(path), path])])
}
