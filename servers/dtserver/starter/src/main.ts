// The server of data_tester: game data in this developer's Redis, read, written and checked by JSON-RPC 2.0.
import type { Reply, SocketScript } from 'edgeyard'
import { answer } from './json-rpc.ts'
import { METHODS } from './methods.ts'

export default {
  /** The same address asked by plain HTTP says what a client would find. */
  fetch(req): Reply {
    if (req.method !== 'GET' && req.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ server: 'dtserver', protocol: 'JSON-RPC 2.0', methods: Object.keys(METHODS) }),
    }
  },

  async message(ws, data, ctx) {
    // JSON is text, but a client that sends it in a binary frame is understood as well.
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
    const reply = await answer(text, {
      methods: METHODS,
      context: ctx.redis,
      fault: (error, method) => ctx.log.error(error instanceof Error ? error : String(error), { method }),
    })
    // A client that lost an answer would wait for ever: better it connects again.
    if (reply !== undefined && ws.send(reply) === 'dropped') ws.close(1013, 'Answers are not being read')
  },
} satisfies SocketScript<undefined>
