// @ts-check
// What the page asks of httpserver, which it came from.

/** @typedef {{ id: string, name: string }} User */

/** An answer that is an error; `code` is for programs, the message for people. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** @param {string} name @param {string} password @returns {Promise<{ user: User }>} */
export const register = (name, password) => post('/users', { body: { name, password } })

/** @param {string} name @param {string} password @returns {Promise<{ session: string, user: User }>} */
export const login = (name, password) => post('/login', { body: { name, password } })

/** @param {string} session @returns {Promise<void>} */
export const logout = (session) => post('/logout', { session })

/** A new ticket for every connection: each works once. @param {string} session @returns {Promise<{ ticket: string }>} */
export const ticket = (session) => post('/tickets', { session })

/** @param {string} path @param {{ body?: object, session?: string }} options */
async function post(path, { body, session }) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(session ? { authorization: `Bearer ${session}` } : {}),
    },
    body: body ? JSON.stringify(body) : undefined,
  })
  if (answer.status === 204) return undefined
  const value = await answer.json().catch(() => ({}))
  if (answer.ok) return value
  const { code = 'failed', message = `The server answered with status ${answer.status}` } = value.error ?? {}
  throw new ApiError(answer.status, code, message)
}
