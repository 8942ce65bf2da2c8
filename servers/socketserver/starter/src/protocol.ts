// The words of the lobby: what a client may say, what it hears, and how a message becomes a value or an error.
// The README has the same as a table.

/** The plane is a square; a position is a pair of numbers from 0 to this. */
export const PLANE_SIZE = 1000

/** In characters, after cleaning. */
export const CHAT_LENGTH_MAX = 300
export const NAME_LENGTH_MAX = 24

/** A message is a few words and numbers. Anything longer than this is not even read. */
export const MESSAGE_LENGTH_MAX = 2048

export interface Player {
  id: string
  name: string
  guest: boolean
  x: number
  y: number
}

export type ClientMessage =
  | { type: 'join'; name?: string }
  | { type: 'move'; x: number; y: number }
  | { type: 'chat'; text: string }
  | { type: 'who' }

export type ErrorCode = 'bad_message' | 'not_joined' | 'already_joined' | 'full' | 'too_fast'

export type ServerMessage =
  | { type: 'welcome'; id: string; you: Player; players: Player[] }
  | { type: 'joined'; player: Player }
  | { type: 'left'; id: string }
  | { type: 'moved'; id: string; x: number; y: number }
  | { type: 'said'; id: string; name: string; text: string }
  | { type: 'players'; players: Player[] }
  | { type: 'error'; code: ErrorCode; message: string }

/** The type of a message, so that the compiler and the error text know the same ones. */
const TYPES = ['join', 'move', 'chat', 'who'] as const satisfies ClientMessage['type'][]

/** A message that can be trusted from here on, or a sentence that says what is wrong with it. */
export type Parsed = { ok: true; message: ClientMessage } | { ok: false; reason: string }

export function parseMessage(data: string | Uint8Array): Parsed {
  if (typeof data !== 'string') return wrong('Messages are text frames, this one is binary')
  if (data.length > MESSAGE_LENGTH_MAX) return wrong(`A message is at most ${MESSAGE_LENGTH_MAX} characters long`)
  const value = parseObject(data)
  if (value === undefined) return wrong('A message is a JSON object like {"type":"who"}')
  switch (value.type) {
    case 'join':
      return parseJoin(value.name)
    case 'move':
      return parseMove(value.x, value.y)
    case 'chat':
      return parseChat(value.text)
    case 'who':
      return { ok: true, message: { type: 'who' } }
    default:
      return wrong(`"type" must be one of ${TYPES.join(', ')}`)
  }
}

/** What players see of each other is one line of visible text: control and direction-changing characters are removed. */
export function cleanText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function parseJoin(name: unknown): Parsed {
  if (name === undefined) return { ok: true, message: { type: 'join' } }
  if (typeof name !== 'string') return wrong('"name" must be a string')
  const cleaned = cleanText(name)
  if (cleaned.length < 1 || cleaned.length > NAME_LENGTH_MAX) {
    return wrong(`"name" must be 1 to ${NAME_LENGTH_MAX} characters long`)
  }
  return { ok: true, message: { type: 'join', name: cleaned } }
}

function parseMove(x: unknown, y: unknown): Parsed {
  if (!isOnPlane(x) || !isOnPlane(y)) return wrong(`"x" and "y" must be numbers from 0 to ${PLANE_SIZE}`)
  return { ok: true, message: { type: 'move', x, y } }
}

function parseChat(text: unknown): Parsed {
  if (typeof text !== 'string') return wrong('"text" must be a string')
  const cleaned = cleanText(text)
  if (cleaned.length < 1 || cleaned.length > CHAT_LENGTH_MAX) {
    return wrong(`"text" must be 1 to ${CHAT_LENGTH_MAX} characters long`)
  }
  return { ok: true, message: { type: 'chat', text: cleaned } }
}

/** JSON has no NaN, but it has 1e999, which is read as Infinity. The bounds refuse both. */
function isOnPlane(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= PLANE_SIZE
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function wrong(reason: string): Parsed {
  return { ok: false, reason }
}
