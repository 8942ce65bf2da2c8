// @ts-check
// Walking: turns held arrow keys and clicks into a few steps a second, which is what the server allows.
import { within } from './plane.js'

/** @typedef {{ x: number, y: number }} Point */

const STEPS_PER_SECOND = 10
const STEP = 40

/** @type {Record<string, Point>} */
const DIRECTIONS = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** @param {{ step: (to: Point) => void }} options */
export function createSteps({ step }) {
  /** @type {Set<string>} */
  const held = new Set()
  /** Where we believe to be: the server says so only after a while. @type {Point | undefined} */
  let here
  /** @type {Point | undefined} */
  let target
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer

  return {
    /** @param {Point | undefined} at undefined: nowhere, stand still */
    place(at) {
      here = at && { x: at.x, y: at.y }
      stop()
    },
    /** @param {Point} to */
    walkTo(to) {
      target = to
      start()
    },
    /** Says whether it is a key we use. @param {string} key */
    press(key) {
      if (!(key in DIRECTIONS)) return false
      held.add(key)
      target = undefined
      start()
      return true
    },
    /** @param {string} key */
    release(key) {
      held.delete(key)
    },
    /** Whoever looks elsewhere holds no keys: their release would never be heard. A walk to a click goes on. */
    releaseAll() {
      held.clear()
    },
  }

  function start() {
    if (timer !== undefined) return
    timer = setInterval(walk, 1000 / STEPS_PER_SECOND)
    walk()
  }

  function stop() {
    held.clear()
    target = undefined
    clearInterval(timer)
    timer = undefined
  }

  function walk() {
    const next = here && (target ? towards(here, target) : turned(here, held))
    if (!here || !next || (next.x === here.x && next.y === here.y)) {
      if (held.size === 0 || target) stop()
      return
    }
    here = next
    step(next)
  }
}

/** @param {Point} from @param {Point} to */
function towards(from, to) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y)
  if (distance <= STEP) return to
  return {
    x: within(from.x + ((to.x - from.x) / distance) * STEP),
    y: within(from.y + ((to.y - from.y) / distance) * STEP),
  }
}

/** @param {Point} from @param {Set<string>} keys */
function turned(from, keys) {
  let { x, y } = from
  for (const key of keys) {
    x += (DIRECTIONS[key]?.x ?? 0) * STEP
    y += (DIRECTIONS[key]?.y ?? 0) * STEP
  }
  return { x: within(x), y: within(y) }
}
