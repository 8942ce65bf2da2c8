// @ts-check
// The page: a form to come in, then the lobby.
import { login, logout, register, ticket } from './api.js'
import { enterLobby } from './lobby.js'
import { createPlane } from './plane.js'
import { createSteps } from './steps.js'

/** @typedef {{ session: string, user: import('./api.js').User }} Session */

const CHAT_LINES_MAX = 200
const SESSION_KEY = 'lobby.session'
const SERVER_KEY = 'lobby.server'

const state = element('state')
const entrance = element('entrance')
const game = element('game')
const form = /** @type {HTMLFormElement} */ (element('login'))
const name = input('name')
const password = input('password')
const server = input('server')
const loginError = element('login-error')
const registerButton = button('register')
const enterButton = button('enter')
const logoutButton = button('logout')
const playHereButton = button('play-here')
const planeElement = element('plane')
const chat = element('chat')
const say = /** @type {HTMLFormElement} */ (element('say'))
const sayText = input('say-text')
const sendButton = button('say-send')

const plane = createPlane({ plane: planeElement, list: element('players'), count: element('players-count') })
const steps = createSteps({ step: (to) => lobby?.say({ type: 'move', ...to }) })

/** @type {ReturnType<typeof enterLobby> | undefined} */
let lobby

const given = new URLSearchParams(location.search).get('server')
server.value = given ?? localStorage.getItem(SERVER_KEY) ?? defaultServer()
const kept = readSession()
// A link may name a server, but only a click sends a ticket to a host that this page is not from.
if (kept && hostOf(server.value) === location.hostname) play(kept)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  comeIn(false)
})

registerButton.addEventListener('click', () => {
  if (form.reportValidity()) comeIn(true)
})

logoutButton.addEventListener('click', () => {
  const session = readSession()
  // The page forgets the session in any case; one that the server still knows ends by itself.
  if (session) logout(session.session).catch(() => {})
  leave('Not connected')
})

playHereButton.addEventListener('click', () => {
  const session = readSession()
  if (session) play(session)
  else leave('Not connected')
})

say.addEventListener('submit', (event) => {
  event.preventDefault()
  lobby?.say({ type: 'chat', text: sayText.value })
  sayText.value = ''
})

planeElement.addEventListener('click', (event) => steps.walkTo(plane.pointOf(event)))
planeElement.addEventListener('keydown', (event) => {
  if (!event.altKey && !event.ctrlKey && !event.metaKey && steps.press(event.key)) event.preventDefault()
})
planeElement.addEventListener('keyup', (event) => steps.release(event.key))
planeElement.addEventListener('blur', () => steps.releaseAll())

/** @param {boolean} isNew */
async function comeIn(isNew) {
  loginError.textContent = ''
  enterButton.disabled = registerButton.disabled = true
  try {
    if (isNew) await register(name.value, password.value)
    const { session, user } = await login(name.value, password.value)
    password.value = ''
    sessionStorage.setItem(SESSION_KEY, JSON.stringify({ session, user }))
    localStorage.setItem(SERVER_KEY, server.value)
    play({ session, user })
  } catch (error) {
    loginError.textContent = error instanceof Error ? error.message : String(error)
  } finally {
    enterButton.disabled = registerButton.disabled = false
  }
}

/** @param {Session} session */
function play({ session }) {
  lobby?.leave()
  entrance.hidden = true
  game.hidden = false
  logoutButton.hidden = false
  lobby = enterLobby({
    server: server.value,
    ticket: async () => (await ticket(session)).ticket,
    hear,
    show: (now, words) => {
      if (now === 'logged-out') return leave(words)
      // Who is there, nobody knows until the server says so again.
      if (now !== 'online') empty()
      show(now, words)
    },
  })
}

/** @param {string} words */
function leave(words) {
  lobby?.leave()
  lobby = undefined
  empty()
  sessionStorage.removeItem(SESSION_KEY)
  entrance.hidden = false
  game.hidden = true
  logoutButton.hidden = true
  show('logged-out', words)
  name.focus()
}

function empty() {
  plane.begin('', [])
  steps.place(undefined)
}

/** @param {import('./lobby.js').State} now @param {string} words */
function show(now, words) {
  state.dataset.state = now
  state.textContent = words
  playHereButton.hidden = now !== 'replaced'
  // A disabled button also keeps Enter from sending: what was typed waits for the connection.
  sendButton.disabled = now !== 'online'
}

/** @param {any} message */
function hear(message) {
  switch (message.type) {
    case 'welcome':
      plane.begin(message.id, message.players)
      steps.place(message.you)
      // Not while somebody types.
      if (document.activeElement !== sayText) planeElement.focus()
      break
    case 'joined':
      plane.add(message.player)
      write(`${message.player.name} came in`)
      break
    case 'left': {
      const player = plane.remove(message.id)
      if (player) write(`${player.name} left`)
      break
    }
    case 'moved':
      plane.move(message.id, message)
      break
    case 'said':
      write(message.text, message.name)
      break
    case 'error':
      write(message.message)
      break
  }
}

/** A line of the chat, or a note when nobody said it. @param {string} text @param {string} [speaker] */
function write(text, speaker) {
  const line = document.createElement('li')
  if (speaker === undefined) {
    line.className = 'note'
    line.textContent = text
  } else {
    const who = document.createElement('strong')
    who.textContent = speaker
    line.append(who, ` ${text}`)
  }
  // Whoever reads further up stays there.
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 40
  chat.append(line)
  while (chat.children.length > CHAT_LINES_MAX) chat.firstElementChild?.remove()
  if (atEnd) chat.scrollTop = chat.scrollHeight
}

function defaultServer() {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname}:1080/hhl`
}

/** @param {string} url */
function hostOf(url) {
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** @returns {Session | undefined} */
function readSession() {
  const text = sessionStorage.getItem(SESSION_KEY)
  return text ? JSON.parse(text) : undefined
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`This page has no #${id}`)
  return found
}

/** @param {string} id */
function input(id) {
  return /** @type {HTMLInputElement} */ (element(id))
}

/** @param {string} id */
function button(id) {
  return /** @type {HTMLButtonElement} */ (element(id))
}
