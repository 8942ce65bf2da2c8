// The lobby: players who see each other move and talk. This file says which hook does what; the rest is beside it.
import type { Context, Reply, SocketScript } from 'edgeyard'
import { admit, type Env } from './admission.ts'
import { fullAllowance, type Rate, take } from './allowance.ts'
import { enter, leave, type PlayerSocket, playersOf, type Seat, tell } from './lobby.ts'
import { type ClientMessage, type ErrorCode, parseMessage, type ServerMessage } from './protocol.ts'

/** How fast one socket may speak. What everybody hears, or what lists everybody, costs more than a step. */
const PACE: Rate = { perSecond: 20, burst: 40 }
const COSTS: Record<ClientMessage['type'], number> = { move: 1, join: 5, chat: 5, who: 5 }

/** How many errors we explain to one socket before we close it: a broken client must not keep us busy. */
const PATIENCE: Rate = { perSecond: 1, burst: 30 }

export default {
  /** The same address asked by plain HTTP: a quick look for people and monitors. */
  fetch(req, ctx): Reply {
    if (req.method !== 'GET' && req.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
    return {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify({ server: 'socketserver', players: playersOf(sockets(ctx)).length }),
    }
  },

  async upgrade(req, ctx) {
    const admitted = await admit(req, ctx)
    if ('refusal' in admitted) return admitted.refusal
    const now = Date.now()
    return {
      data: {
        user: admitted.user,
        player: null,
        pace: fullAllowance(PACE, now),
        patience: fullAllowance(PATIENCE, now),
      },
    }
  },

  message(ws, data, ctx) {
    const parsed = parseMessage(data)
    if (!parsed.ok) return complain(ws, 'bad_message', parsed.reason)
    const { message } = parsed
    if (!take(ws.data.pace, PACE, COSTS[message.type], Date.now())) {
      return complain(ws, 'too_fast', `This "${message.type}" was ignored, slow down`)
    }
    const { player } = ws.data
    if (message.type === 'join') {
      if (player) return complain(ws, 'already_joined', 'You are in the lobby already')
      if (!enter(ws, message.name, [...sockets(ctx)], ctx))
        return complain(ws, 'full', 'The lobby is full, try again later')
      const you = ws.data.player!
      ctx.log.info('Player joined', { player: you.id, name: you.name })
      return send(ws, { type: 'welcome', id: you.id, you, players: playersOf(sockets(ctx)) })
    }
    if (!player) return complain(ws, 'not_joined', 'Send {"type":"join"} first')
    switch (message.type) {
      case 'move':
        player.x = message.x
        player.y = message.y
        return tell({ type: 'moved', id: player.id, x: player.x, y: player.y }, ctx)
      case 'chat':
        return tell({ type: 'said', id: player.id, name: player.name, text: message.text }, ctx)
      case 'who':
        return send(ws, { type: 'players', players: playersOf(sockets(ctx)) })
    }
  },

  /** Called however the socket ended: closed, cut off, or silent for too long. */
  close(ws, code, _reason, ctx) {
    if (ws.data.player) ctx.log.info('Player left', { player: ws.data.player.id, code })
    leave(ws, ctx)
  },
} satisfies SocketScript<Seat, Env>

/** The sockets are all that is remembered: what belongs to a player lives in `ws.data`. */
function sockets(ctx: Context<Env>): Iterable<PlayerSocket> {
  return ctx.sockets() as Iterable<PlayerSocket>
}

function send(ws: PlayerSocket, message: ServerMessage): void {
  ws.send(JSON.stringify(message))
}

function complain(ws: PlayerSocket, code: ErrorCode, message: string): void {
  if (take(ws.data.patience, PATIENCE, 1, Date.now())) send(ws, { type: 'error', code, message })
  else ws.close(1008, 'Too many errors')
}
