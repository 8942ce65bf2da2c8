// @ts-check
// One place in a lobby, kept through restarts of its server: a lost socket is replaced by a new one with a new ticket.
import { ApiError } from './api.js'

/** @typedef {{ id: string, name: string, guest: boolean, x: number, y: number }} Player */
/** @typedef {'connecting' | 'online' | 'waiting' | 'replaced' | 'logged-out'} State */
/**
 * @typedef {object} Options
 * @property {string} server where the lobby is, e.g. ws://127.0.0.1:1081/hhl
 * @property {() => Promise<string>} ticket buys a ticket; rejects with an ApiError of status 401 when the session has ended
 * @property {(message: any) => void} hear is given every message of the server
 * @property {(state: State, words: string) => void} show is told every change
 */

const FIRST_WAIT_MS = 300
const LONGEST_WAIT_MS = 10_000

/** The user connected somewhere else: two pages must not take the place from each other for ever. */
const CLOSE_REPLACED = 4001
const CLOSE_RESTART = 1012

/** @param {Options} options */
export function enterLobby({ server, ticket, hear, show }) {
  /** @type {WebSocket | undefined} */
  let socket
  let left = false
  let tries = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  connect()

  return {
    /** @param {object} message */
    say(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    },
    leave() {
      left = true
      clearTimeout(timer)
      socket?.close()
    },
  }

  async function connect() {
    show('connecting', `Connecting to ${server} …`)
    try {
      const url = new URL(server)
      url.searchParams.set('ticket', await ticket())
      if (!left) open(url)
    } catch (error) {
      if (left) return
      if (!(error instanceof ApiError && error.status === 401)) return again('No ticket')
      left = true
      show('logged-out', error.message)
    }
  }

  /** @param {URL} url */
  function open(url) {
    socket = new WebSocket(url)
    socket.onopen = () => socket?.send('{"type":"join"}')
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      if (message.type === 'welcome') {
        tries = 0
        show('online', `Connected to ${server}`)
      } else if (message.type === 'error' && message.code === 'full') {
        socket?.close()
      }
      hear(message)
    }
    socket.onclose = ({ code, reason }) => {
      if (left) return
      if (code === CLOSE_REPLACED) {
        left = true
        return show('replaced', 'You are playing in another window')
      }
      again(code === CLOSE_RESTART ? 'The server restarts' : reason || 'No connection')
    }
  }

  /**
   * Each wait is longer than the last, and a random part of it is left out: after a restart all players come back, but
   * not all at once.
   * @param {string} why
   */
  function again(why) {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries)
    const wait = longest * (0.3 + 0.7 * Math.random())
    tries++
    show('waiting', `${why}, trying again in ${Math.ceil(wait / 1000)} s`)
    timer = setTimeout(connect, wait)
  }
}
