// Small scripts that the tests push.

/** Answers HTTP and WebSocket with its name. */
export function namedScript(name: string): string {
  return `import type { SocketScript } from 'edgeyard'

export default {
  fetch: () => ({ body: '${name}' }),
  message(ws, data) {
    ws.send(\`${name}:\${data}\`)
  },
} satisfies SocketScript<undefined>
`
}
