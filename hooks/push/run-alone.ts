// A hook in a process of its own: what git gets when no process of the yard waits for it (relay.pl).
//
//   node run-alone.js pre-receive
import { endBuilding } from '../build/ensure-release.ts'
import { cleanEnvironment } from './context.ts'
import { isHookName } from './hook.ts'
import { runHook } from './run-hook.ts'

// The client may go at any moment: what nobody reads must not stop us half-way.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
// Releases are read by other users than the one that makes them, whatever the pusher's own habits.
process.umask(0o022)
const name = process.argv[2]
if (!isHookName(name)) throw new Error(`There is no hook "${name}"`)
const exitCode = await runHook({
  name,
  env: process.env,
  cwd: process.cwd(),
  input: process.stdin,
  output: (data) => process.stdout.write(data),
  tell: (text) => process.stderr.write(text),
  onRead: () => cleanEnvironment(process.env),
})
await endBuilding()
process.exit(exitCode)
