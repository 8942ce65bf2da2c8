// The collector of all records. It runs as we do: it gives each developer a socket of their own.

import { setMaxListeners } from 'node:events'
import { chmod, chown, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { MASTER } from '../../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../../servers/contract/record.ts'
import type { Developer } from '../../developers/developers.ts'
import { ensureFolder, ensureLogFolder, viewersFolder } from '../folders.ts'
import { mendLogFiles } from '../mend-log-files.ts'
import type { ServiceSpec } from '../service.ts'
import type { YardContext } from '../yard-context.ts'
import { hangsUp } from './hangs-up.ts'

const READY_DEADLINE_MS = 15_000
/** It writes its queues to disk when it ends. */
const STOP_DEADLINE_MS = 15_000
const ASK_TIMEOUT_MS = 2_000
/** With less room than this it cannot write what it is sent. */
const FULL_BYTES = 1024 * 1024

export const RSYSLOG_KEY = 'rsyslog'

export function rsyslogService(context: YardContext, developers: readonly Developer[], text: string): ServiceSpec {
  const { layout, asRoot } = context
  const pidFile = join(layout.run, 'rsyslogd.pid')
  const sockets = developers.map(({ name, uid }) => ({ path: layout.logSocket(name), uid }))
  const takesRecords = async (signal: AbortSignal) => {
    // One for each socket is no leak.
    setMaxListeners(0, signal)
    await Promise.all(sockets.map(({ path }) => hangsUp(path, signal)))
    await Promise.all(sockets.map(openToSandboxes))
    return true
  }
  return {
    key: RSYSLOG_KEY,
    label: 'rsyslogd',
    source: { server: 'edgeyard', developer: MASTER },
    command: { file: '/usr/sbin/rsyslogd', args: ['-n', '-f', layout.rsyslog.conf, '-i', pidFile] },
    conf: text,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    async prepare() {
      // What comes without the name of a source, and what the yard says to a developer, is theirs with the yard.
      for (const { name } of developers) await ensureLogFolder(layout, 'edgeyard', name, asRoot)
      await ensureFolder(layout.rsyslog.stats, viewersFolder(asRoot))
      await mendLogFiles(developers.flatMap(({ name }) => RECORD_SOURCES.map((source) => layout.logs(source, name))))
      await writeFileAtomic(layout.rsyslog.conf, text, { mode: 0o600 })
      // What a killed one left behind would pass for ready, and its pid file would stop the next.
      for (const left of [pidFile, ...sockets.map(({ path }) => path)]) await rm(left, { force: true })
    },
    isReady: () => takesRecords(AbortSignal.timeout(ASK_TIMEOUT_MS)),
    // Also that each socket is still there, and open to its sandboxes: who finds it closed logs into the void.
    stillAnswers: async (signal) => (await isFull(layout.root)) || (await takesRecords(signal)),
  }
}

/** Then it may wait for room, and ending it would lose what it holds. */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize < FULL_BYTES
}

/** The conf gives a socket to its developer's user alone; their sandboxes have users of their own and are in its group. */
async function openToSandboxes({ path, uid }: { path: string; uid: number | null }): Promise<void> {
  if (uid === null) return
  await chown(path, uid, uid)
  await chmod(path, 0o660)
}
