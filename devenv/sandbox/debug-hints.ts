// How a developer attaches a debugger, in words to copy. Pure.
import { DEBUG_ROOT } from '../../servers/contract/debug.ts'
import type { ServerName } from '../../servers/contract/names.ts'

/** `target`: what the forwarding names, `socketserver` or, for the operator, `socketserver.dev1`. */
export function renderDebugHints({
  target,
  host,
  port,
}: {
  target: ServerName | `${ServerName}.${string}`
  host: string
  port: number
}): string {
  return `On your machine, and leave it running:
  ssh -N -p ${port} -L 9229:${target}:9229 git@${host}
Then attach to localhost:9229, in Chrome at chrome://inspect, or in VS Code with this in launch.json:
  { "type": "node", "request": "attach", "name": "${target}", "port": 9229, "localRoot": "\${workspaceFolder}", "remoteRoot": "${DEBUG_ROOT}" }
While a debugger is attached no limit of processor time or of a hook's time counts. A breakpoint stops everybody on this sandbox.`
}
