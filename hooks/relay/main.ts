// The process that the yard's hooks run in. The daemon starts it, holds its stdin, and starts another one when it ends.
//
//   node serve-hooks.js --root ROOT
import { parseArgs } from 'node:util'
import { yardLayout } from '../../devenv/sandbox/layout.ts'
import { cleanEnvironment } from '../push/context.ts'
import { serveHooks } from './serve-hooks.ts'

/** After so many hooks it makes room for a fresh one: whatever a push may leave in memory does not stay for ever. */
const HOOKS_MAX = 2_000
const LOOK_EVERY_MS = 60_000

const { values } = parseArgs({ options: { root: { type: 'string' } } })
if (!values.root) throw new Error('Cannot serve hooks without --root')
// Releases are read by other users than the one that makes them.
process.umask(0o022)
cleanEnvironment(process.env)
// Of a terminal they mean the daemon, which ends us when it is time.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
const { root } = values
const server = await serveHooks({ socket: yardLayout(root).hookCalls, root })
const end = () => void server.close().then(() => process.exit(0))
process.on('SIGTERM', end)
// The daemon is gone, or wants us to be.
process.stdin.on('end', end).on('error', end).resume()
setInterval(() => server.taken >= HOOKS_MAX && server.working === 0 && end(), LOOK_EVERY_MS).unref()
