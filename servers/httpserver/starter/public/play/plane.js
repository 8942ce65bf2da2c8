// @ts-check
// The plane and the list of who is there, drawn from what the server says.

/** @typedef {import('./lobby.js').Player} Player */

const SIZE = 1000

/** @param {{ plane: HTMLElement, list: HTMLElement, count: HTMLElement }} elements */
export function createPlane({ plane, list, count }) {
  /** @type {Map<string, { player: Player, dot: HTMLElement, item: HTMLElement }>} */
  const shown = new Map()
  let you = ''

  return {
    /** Begins anew with everybody who is there. @param {string} yourId @param {Player[]} players */
    begin(yourId, players) {
      you = yourId
      shown.clear()
      plane.replaceChildren()
      list.replaceChildren()
      recount()
      for (const player of players) add(player)
    },
    add,
    /** @param {string} id @returns {Player | undefined} who left */
    remove(id) {
      const entry = shown.get(id)
      entry?.dot.remove()
      entry?.item.remove()
      shown.delete(id)
      recount()
      return entry?.player
    },
    /** @param {string} id @param {{ x: number, y: number }} to */
    move(id, to) {
      const entry = shown.get(id)
      if (!entry) return
      Object.assign(entry.player, { x: to.x, y: to.y })
      place(entry.dot, entry.player)
    },
    /** Where on the plane a click is. @param {MouseEvent} event */
    pointOf(event) {
      const box = plane.getBoundingClientRect()
      return {
        x: within(((event.clientX - box.left) / box.width) * SIZE),
        y: within(((event.clientY - box.top) / box.height) * SIZE),
      }
    },
  }

  /** @param {Player} player */
  function add(player) {
    if (shown.has(player.id)) return
    const colour = colourOf(player.id)
    const dot = document.createElement('div')
    dot.className = player.id === you ? 'player you' : 'player'
    dot.dataset.player = player.id
    dot.style.setProperty('--colour', colour)
    const label = document.createElement('span')
    label.textContent = player.name
    dot.append(label)
    place(dot, player)
    const item = document.createElement('li')
    item.dataset.player = player.id
    item.style.setProperty('--colour', colour)
    item.textContent = player.name + (player.id === you ? ' (you)' : player.guest ? ' (guest)' : '')
    shown.set(player.id, { player, dot, item })
    plane.append(dot)
    list.append(item)
    recount()
  }

  function recount() {
    count.textContent = String(shown.size)
  }
}

/** @param {number} value */
export function within(value) {
  return Math.min(SIZE, Math.max(0, Math.round(value)))
}

/** @param {HTMLElement} dot @param {{ x: number, y: number }} at */
function place(dot, { x, y }) {
  dot.dataset.x = String(x)
  dot.dataset.y = String(y)
  dot.style.left = `${(x / SIZE) * 100}%`
  dot.style.top = `${(y / SIZE) * 100}%`
}

/** The same player has the same colour on every screen. @param {string} id */
function colourOf(id) {
  let hash = 0
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 360
  return `hsl(${(hash * 137) % 360} 65% 52%)`
}
