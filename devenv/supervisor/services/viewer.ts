// The log viewer: reads the records, shows them on a page.
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { ALERTS_FILE, type AlertConfig, type AlertSettings } from '../../../servers/contract/alerts.ts'
import { MASTER } from '../../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../../servers/contract/record.ts'
import { writeAccessFile } from '../../access/publish-logins.ts'
import { confine } from '../../exec/confine.ts'
import { viewerUrl } from '../../sandbox/viewer-url.ts'
import { ensureFolder, VIEWER_UID } from '../folders.ts'
import { nodeEnvironment, projectPaths } from '../node-program.ts'
import { requireFreePort } from '../ports.ts'
import type { ServiceSpec } from '../service.ts'
import type { YardContext } from '../yard-context.ts'

const READY_DEADLINE_MS = 15_000
const STOP_DEADLINE_MS = 5_000
const PING_TIMEOUT_MS = 1_000

export const VIEWER_KEY = 'viewer'

export function viewerService(context: YardContext): ServiceSpec {
  const { layout, settings, projectRoot, isolation, asRoot, tls } = context
  const { host, viewerPort: port } = settings
  const alerts = settings.logs.alerts === null ? '' : renderAlerts(settings.logs.alerts, viewerUrl(settings))
  const program = join(projectRoot, 'dist/logs-viewer/server/main.js')
  // Anything it answers means that it listens.
  const serves = async (signal: AbortSignal) => {
    if (tls !== undefined) return await shakesHands({ host, port }, signal)
    const { body } = await fetch(`http://${host}:${port}/health`, { signal, redirect: 'manual' })
    await body?.cancel()
    return true
  }
  return {
    key: VIEWER_KEY,
    label: `log viewer on port ${port}`,
    source: { server: 'edgeyard', developer: MASTER },
    command: confine(
      {
        file: process.execPath,
        args: [
          program,
          '--root',
          layout.root,
          '--host',
          host,
          '--port',
          `${port}`,
          '--visibility',
          settings.logs.visibility,
          '--kept-days',
          `${settings.logs.keepDays}`,
          '--stats',
          join(layout.rsyslog.stats, 'collector.jsonl'),
          ...(tls === undefined ? [] : ['--tls', layout.tls.viewer]),
        ],
        env: nodeEnvironment(),
        cwd: layout.root,
      },
      {
        isolation,
        uid: asRoot ? VIEWER_UID : null,
        readOnly: [
          ...projectPaths(projectRoot),
          join(projectRoot, 'logs-viewer/web'),
          layout.docs.folder,
          layout.access,
          ...(tls === undefined ? [] : [dirname(layout.tls.viewer)]),
          ...RECORD_SOURCES.map((source) => join(layout.root, source)),
        ],
        readWrite: [layout.viewer],
      },
    ),
    conf: alerts,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    async prepare() {
      const owner = asRoot ? { uid: VIEWER_UID, gid: VIEWER_UID } : undefined
      await ensureFolder(layout.viewer, { mode: 0o700, owner })
      if (alerts === '') await rm(join(layout.access, ALERTS_FILE), { force: true })
      else await writeAccessFile(layout, ALERTS_FILE, alerts)
      await requireFreePort(host, port, 'the log viewer')
    },
    isReady: () => serves(AbortSignal.timeout(PING_TIMEOUT_MS)),
    stillAnswers: serves,
  }
}

function renderAlerts(alerts: AlertSettings, page: string): string {
  return `${JSON.stringify({ ...alerts, page } satisfies AlertConfig)}\n`
}

/** Whom the certificate is for does not matter here: it is asked whether somebody serves with it. */
function shakesHands(address: { host: string; port: number }, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, rejectUnauthorized: false })
    const end = (ready: boolean) => {
      socket.destroy()
      resolve(ready)
    }
    socket.once('secureConnect', () => end(true))
    signal.addEventListener('abort', () => end(false), { once: true })
    socket.once('error', reject)
  })
}
