// Which log files a yard has: <root>/<server>/<developer>/logs/<UTC day>.jsonl
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeveloperName } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'

export interface LogFolder {
  readonly server: string
  readonly developer: string
  readonly path: string
  /** The days that have a file, in order; none before the first record. */
  readonly days: readonly string[]
}

const LOG_FILE = /^(\d{4}-\d\d-\d\d)\.jsonl$/

/** A folder for each sandbox and other source, in the order of their names. What is no log file of ours is not seen. */
export async function listLogFolders(root: string): Promise<LogFolder[]> {
  const servers = await Promise.all(
    [...RECORD_SOURCES].sort().map(async (server) => {
      const developers = (await list(join(root, server))).filter(isDeveloperName)
      return Promise.all(developers.map((developer) => readLogFolder(root, server, developer)))
    }),
  )
  return servers.flat()
}

async function readLogFolder(root: string, server: string, developer: string): Promise<LogFolder> {
  const path = join(root, server, developer, 'logs')
  const days = (await list(path)).flatMap((name) => LOG_FILE.exec(name)?.[1] ?? [])
  return { server, developer, path, days }
}

export function logFilePath(folder: LogFolder, day: string): string {
  return join(folder.path, `${day}.jsonl`)
}

async function list(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort()
  } catch {
    return []
  }
}
