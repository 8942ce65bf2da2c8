// The two jobs: what the script of edge-server and the plain server both do.

export const HELLO = 'hello'

/** As the build would leave it of `src/main.ts`. */
export const SCRIPT = `
module.exports.default = {
  fetch: () => ({ body: '${HELLO}' }),
  message: (ws, data) => { ws.send(data) },
}
`

export const JOBS = {
  http: { title: 'HTTP hello', operations: 30_000, connections: 32 },
  websocket: { title: 'WebSocket echo, 20 bytes', operations: 60_000, connections: 64 },
} as const
export type JobName = keyof typeof JOBS

/** What the load is asked to do, once. */
export interface Load {
  readonly job: JobName
  readonly port: number
  readonly operations: number
}

/** Its answer. */
export interface Loaded {
  readonly ms: number
}
