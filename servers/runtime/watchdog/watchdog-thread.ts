// The watchdog's thread: sees that the event loop stands still, finds out where, and ends that. When nothing happens it sleeps or ends.
import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { freemem, totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { BEAT, THREAD } from './running.ts'
import { type FromThread, GATE, type StopAdvice, type ThreadData } from './thread-protocol.ts'

const { beat, limits, keepMs } = workerData as ThreadData
const { softMs, hardMs } = limits.cpuLimit
const { softBytes, hardBytes } = limits.memoryLimit

/** How often it looks, of the smallest limit. */
const LOOKS = 10
const LOOK_MS_MIN = 5
const LOOK_MS_MAX = 50
/** While no script's code runs that is known, so many times as long: a look costs a tenth of a millisecond, in every server there is. */
const IDLE_LOOKS = 3
/** Of a look: so much processor time, and the loop may be busy although no script's code is known to run. */
const BUSY_SHARE = 0.3
/** An event loop that seems idle is asked so often, for what blocks without a processor. */
const ASK_MS = 1000
/**
 * It takes 8 MiB, so it stays only so long after the last event, and while a hook is waited for: what continues after an `await` is
 * watched, too. What a script lets go on without anybody's waiting, and without a timer, is not beyond that.
 */
const LINGER_MS = 5000
/** Of the machine's memory: with less of it free it is not kept. */
const FREE_SHARE_MIN = 0.1
/** A processor that runs our code answers at once; one that is inside native code does not. In patient milliseconds ({@link wait}). */
const ANSWER_MS = 250
/** What was stopped gives the loop back within that; patient milliseconds. */
const RECOVERY_MS = 1000

/** How often memory is looked at: a script needs longer to fill it. */
const MEMORY_MS = 200
/** A replacement that has not come is asked for again. */
const MEMORY_AGAIN_MS = 60_000

const smallestMs = Math.min(softMs || hardMs, hardMs || softMs)
const lookMs = smallestMs === 0 ? LOOK_MS_MAX : Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, smallestMs / LOOKS))
const idleMs = Math.min(LOOK_MS_MAX, IDLE_LOOKS * lookMs)

const say = (message: FromThread) => parentPort!.postMessage(message)
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
/** What passes from one look to the next. A machine that was stopped or is overloaded holds this thread up, too: that is nobody's fault. */
const passed = (sinceMs: number, stepMs: number) => Math.min(performance.now() - sinceMs, 2 * stepMs)

// One that was started beforehand begins with sleep.
let looks = Atomics.load(beat, BEAT.THREAD) !== THREAD.KEPT || isWoken()
while (looks) {
  await watch()
  looks = looksAgain()
}

/** Resolves when nothing has happened for long. */
async function watch(): Promise<void> {
  let [sequence, turns] = [beat[BEAT.SEQUENCE], beat[BEAT.TURNS]]
  let [stalledMs, quietMs, askedMs] = [0, 0, 0]
  let asked = false
  let told = false
  let lookedAt = performance.now()
  let memoryAt = softBytes > 0 || hardBytes > 0 ? 0 : Number.POSITIVE_INFINITY
  let stepMs = lookMs
  let cpuMs = processorMs()
  for (;;) {
    Atomics.wait(beat, BEAT.EMPTY, 0, stepMs)
    const now = performance.now()
    const passedMs = passed(lookedAt, stepMs)
    lookedAt = now
    const usedMs = processorMs() - cpuMs
    cpuMs += usedMs
    if (now >= memoryAt) {
      memoryAt = now + ((await watchMemory()) ? MEMORY_AGAIN_MS : MEMORY_MS)
    }
    const moved = beat[BEAT.SEQUENCE] !== sequence
    if (moved || beat[BEAT.TURNS] !== turns || beat[BEAT.OWN_WORK] !== 0) {
      sequence = beat[BEAT.SEQUENCE]
      turns = beat[BEAT.TURNS]
      asked = told = false
      stalledMs = 0
      quietMs = moved ? 0 : quietMs + passedMs
      stepMs = sequence! % 2 !== 0 ? lookMs : idleMs
      continue
    }
    const inside = sequence! % 2 !== 0
    if (inside || asked) stalledMs += passedMs
    else {
      quietMs += passedMs
      askedMs += passedMs
      const busy = usedMs > passedMs * BUSY_SHARE
      if (busy || askedMs >= ASK_MS) {
        asked = true
        askedMs = 0
        stalledMs = busy ? passedMs : 0
        say({ kind: 'ping' })
      } else if (quietMs > LINGER_MS && beat[BEAT.WAITING] === 0 && (await fellAsleep(sequence!))) return
    }
    if (hardMs > 0 && stalledMs >= hardMs) {
      await stop(stalledMs)
      ;[sequence, turns] = [beat[BEAT.SEQUENCE], beat[BEAT.TURNS]]
      asked = told = false
      stalledMs = 0
    } else if (softMs > 0 && stalledMs >= softMs && !told) {
      told = true
      await withSession((session) => ask(session, `slow(${Math.round(stalledMs)})`))
      say({ kind: 'slow' })
    }
    stepMs = inside || asked ? lookMs : idleMs
    lookedAt = performance.now()
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** True when the soft limit was passed, and told. */
async function watchMemory(): Promise<boolean> {
  const bytes = process.memoryUsage.rss()
  if (hardBytes > 0 && bytes >= hardBytes) {
    await withSession((session) => ask(session, `outOfMemory(${bytes})`))
    await pause(ANSWER_MS)
    lastWord(`the process has ${bytes} bytes of memory (memory_limit ${hardBytes}): it ends`)
  }
  if (softBytes === 0 || bytes < softBytes) return false
  say({ kind: 'memory', bytes })
  return true
}

/** Sleeps, if it is kept. False when it has to end. */
function looksAgain(): boolean {
  const state = keepMs > 0 && freemem() >= FREE_SHARE_MIN * totalmem() ? THREAD.KEPT : THREAD.ENDED
  Atomics.store(beat, BEAT.THREAD, state)
  if (Atomics.load(beat, BEAT.ASLEEP) === 0) {
    // Who came before that was stored takes it for awake; who came after an end has started another one.
    const found = Atomics.compareExchange(beat, BEAT.THREAD, state, THREAD.LOOKS)
    return state === THREAD.KEPT || found === state
  }
  if (state === THREAD.ENDED) return false
  say({ kind: 'quiet' })
  return isWoken()
}

/** False when nobody has come for so long: from then on nobody relies on it. */
function isWoken(): boolean {
  Atomics.wait(beat, BEAT.THREAD, THREAD.KEPT, keepMs)
  return Atomics.compareExchange(beat, BEAT.THREAD, THREAD.KEPT, THREAD.ENDED) !== THREAD.KEPT
}

/** False when an event came just then. */
async function fellAsleep(sequence: number): Promise<boolean> {
  Atomics.store(beat, BEAT.ASLEEP, 1)
  // Who has not seen it began before it was stored: what they wrote is here by then.
  await pause(100)
  if (Atomics.load(beat, BEAT.ASLEEP) === 0) return false
  if (Atomics.load(beat, BEAT.SEQUENCE) === sequence) return true
  Atomics.store(beat, BEAT.ASLEEP, 0)
  return false
}

async function stop(stalledMs: number): Promise<void> {
  const ms = Math.round(stalledMs)
  const recovered = await withSession(async (session) => {
    const advice = (await ask(session, `stop(${ms})`)) as StopAdvice | undefined
    if (advice !== 'unsafe') {
      const turns = beat[BEAT.TURNS]
      session.post('Runtime.terminateExecution')
      say({ kind: 'stopped' })
      if (await wait(RECOVERY_MS, () => beat[BEAT.TURNS] !== turns)) return true
    }
    await ask(session, `exit(${ms})`)
    return false
  })
  if (recovered) return
  // Node waits with its exit until the session has ended.
  await pause(ANSWER_MS)
  lastWord(`the process is stuck in native code for more than ${ms} ms (cpu_limit): it ends`)
}

/** Calls one of the gate's functions in the other thread. Undefined when it does not answer. */
async function ask(session: Session, call: string): Promise<unknown> {
  const expression = `globalThis[Symbol.for('${GATE}')].${call}`
  const answered = new Promise<unknown>((resolve) => {
    session.post('Runtime.evaluate', { expression, returnByValue: true }, (_error, reply) => {
      resolve(reply?.result?.value)
    })
  })
  return await Promise.race([answered, wait(ANSWER_MS, () => false)])
}

/** Whether it has come true within so much of the time in which this process had its turns. */
async function wait(ms: number, isTrue: () => boolean): Promise<boolean> {
  for (let left = ms; left > 0; ) {
    if (isTrue()) return true
    const begin = performance.now()
    await pause(LOOK_MS_MIN)
    left -= passed(begin, LOOK_MS_MIN)
  }
  return isTrue()
}

async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session()
  session.connectToMainThread()
  try {
    return await work(session)
  } finally {
    session.disconnect()
  }
}

/** Ends the process from here. Signals do nothing to process 1 of a namespace, which a sandbox is to itself: an abort does. */
function lastWord(text: string): void {
  writeSync(2, `edge-server: [emerg] ${text}\n`)
  if (process.pid !== 1) process.kill(process.pid, 'SIGKILL')
  setFlagsFromString('--abort-on-uncaught-exception')
  setImmediate(() => {
    throw new Error(text)
  })
}
