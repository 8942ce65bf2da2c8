// Who is in the lobby. The sockets themselves are the list: a player is there exactly as long as their socket is, so a
// connection that vanishes cannot leave a ghost behind, and a new version of this script loses nobody.
import type { Context, Socket } from 'edgeyard'
import type { User } from './admission.ts'
import type { Allowance } from './allowance.ts'
import { PLANE_SIZE, type Player, type ServerMessage } from './protocol.ts'

/** What belongs to one socket (`ws.data`). */
export interface Seat {
  user: User
  /** Null before `join`, and after a newer socket of the same user has taken over. */
  player: Player | null
  pace: Allowance
  patience: Allowance
}

export type PlayerSocket = Socket<Seat>

/** Everybody is told of everybody, so the work grows with the square of this. */
export const PLAYERS_MAX = 200

/** The close code for a socket whose user connected again. A client should not reconnect by itself after it. */
export const CLOSE_REPLACED = 4001

const TOPIC = 'lobby'

export function playersOf(sockets: Iterable<PlayerSocket>): Player[] {
  const players: Player[] = []
  for (const { open, data } of sockets) if (open && data.player) players.push(data.player)
  return players
}

/** Puts a user into the lobby. False when it is full. */
export function enter(
  ws: PlayerSocket,
  name: string | undefined,
  others: PlayerSocket[],
  ctx: Context<unknown>,
): boolean {
  const { user } = ws.data
  const older = others.find((other) => other !== ws && other.data.player?.id === user.id)
  if (older) {
    takeOver(ws, older)
  } else {
    if (playersOf(others).length >= PLAYERS_MAX) return false
    // A user is called what they registered as. Guests may choose, and are marked as guests.
    ws.data.player = { id: user.id, name: (user.guest && name) || user.name, guest: user.guest, ...somewhere() }
    tell({ type: 'joined', player: ws.data.player }, ctx)
  }
  ws.join(TOPIC)
  return true
}

/** Speaks to everybody in the lobby, the sender included: what the server says is what happened. */
export function tell(message: ServerMessage, ctx: Context<unknown>): void {
  ctx.publish(TOPIC, JSON.stringify(message))
}

export function leave(ws: PlayerSocket, ctx: Context<unknown>): void {
  const { player } = ws.data
  if (!player) return
  ws.data.player = null
  tell({ type: 'left', id: player.id }, ctx)
}

/** A user is one player. Their newest socket plays on from where the older one stood; for the others nothing changed. */
function takeOver(ws: PlayerSocket, older: PlayerSocket): void {
  ws.data.player = older.data.player
  older.data.player = null
  older.leave(TOPIC)
  older.close(CLOSE_REPLACED, 'You connected again somewhere else')
}

/** Around the middle, so that newcomers see each other. */
function somewhere(): { x: number; y: number } {
  const near = () => Math.round(PLANE_SIZE * (0.35 + Math.random() * 0.3))
  return { x: near(), y: near() }
}
