// The viewer's process.
//
//   node dist/logs-viewer/server/main.js --root ROOT --host 127.0.0.1 --port 8088 [--tls FILE] [--visibility own|all]
//     [--stats FILE] [--kept-days N]
//
// The file of --tls is PEM: certificate, chain and key. One that is put in its place is taken up without a restart.
//
// Says `ready` and `listening` on fd 3 when somebody listens there, and stops on SIGTERM.
import { fstatSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LOG_VISIBILITIES } from '../../servers/contract/access.ts'
import { CHANNEL_FD, type FromServer } from '../../servers/contract/channel.ts'
import { messageOf } from '../../servers/contract/errors.ts'
import { createViewer } from './create-viewer.ts'

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: 'yard' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8088' },
    tls: { type: 'string' },
    visibility: { type: 'string', default: 'own' },
    stats: { type: 'string' },
    'kept-days': { type: 'string', default: '0' },
  },
})

try {
  const viewer = await createViewer({
    root: values.root,
    host: values.host,
    port: Number(values.port),
    tls: values.tls,
    visibility: LOG_VISIBILITIES.find((one) => one === values.visibility),
    stats: values.stats,
    keptDays: Number(values['kept-days']),
    print: (line) => process.stdout.write(`${line}\n`),
  })
  tell({ type: 'ready' })
  tell({ type: 'listening', port: viewer.port })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    process.once(signal, () => viewer.close().then(() => process.exit(0)))
  }
} catch (error) {
  const message = `Cannot serve the logs of "${values.root}" on ${values.host}:${values.port}: ${messageOf(error)}`
  process.stderr.write(`logs-viewer: [emerg] ${message}\n`)
  tell({ type: 'failed', failure: { phase: 'listen', code: 'SERVICE_FAILED', message } })
  process.exitCode = 1
}

/** A supervisor gives us a socket there; in a shell there is none, and nobody to tell. */
function tell(message: FromServer): void {
  try {
    if (fstatSync(CHANNEL_FD).isSocket()) writeSync(CHANNEL_FD, `${JSON.stringify(message)}\n`)
  } catch {
    // Nobody is there, or has gone: the viewer serves all the same.
  }
}
