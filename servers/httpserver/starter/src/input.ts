// What clients send, checked once: a value that can be trusted, or a Refusal that says what is wrong.
import type { EdgeRequest } from 'edgeyard'
import { Refusal } from './refusal.ts'

/** A name and a password. Nobody sends more for a good reason. */
export const BODY_LENGTH_MAX = 4096

export const NAME_LENGTH_MAX = 24
export const PASSWORD_LENGTH_MIN = 8
/** Long enough for any phrase, short enough that hashing it costs what hashing costs. */
export const PASSWORD_LENGTH_MAX = 200

export interface Credentials {
  name: string
  password: string
}

/** The body as a JSON object: 415, 413 or 400 otherwise. */
export async function readObject(req: EdgeRequest): Promise<Record<string, unknown>> {
  // A form of another web page cannot send this type, so it cannot log somebody in behind their back.
  const type = req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new Refusal(415, 'not_json', 'Send "content-type: application/json"')
  const text = await req.text()
  if (text.length > BODY_LENGTH_MAX) {
    throw new Refusal(413, 'too_large', `The body is at most ${BODY_LENGTH_MAX} characters long`)
  }
  const value = parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Refusal(400, 'bad_json', 'The body must be a JSON object')
}

export function parseCredentials({ name, password }: Record<string, unknown>): Credentials {
  // NFKC, so that a name looks the same wherever it was typed.
  const normal = typeof name === 'string' ? name.normalize('NFKC') : ''
  if (!/^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u.test(normal) || normal.length < 2 || normal.length > NAME_LENGTH_MAX) {
    throw new Refusal(
      400,
      'bad_name',
      `"name" must be 2 to ${NAME_LENGTH_MAX} letters, digits, ".", "_" or "-", and begin with a letter or digit`,
    )
  }
  if (typeof password !== 'string' || password.length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX) {
    throw new Refusal(
      400,
      'bad_password',
      `"password" must be ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters long`,
    )
  }
  return { name: normal, password }
}

/** The secret of `Authorization: Bearer …`: 401 when there is none. */
export function bearerOf(req: EdgeRequest): string {
  const token = /^Bearer ([\w-]{20,128})$/i.exec(req.header('authorization') ?? '')?.[1]
  if (token === undefined) throw new Refusal(401, 'login_required', 'Send "authorization: Bearer …" with your session')
  return token
}

/** Two names are the same when they fold to the same key. */
export function nameKey(name: string): string {
  return name.toLowerCase()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
