// A hundred pushes in a row, good and broken in turn, while HTTP and WebSocket clients never stop: nobody is refused, cut
// off or answered wrongly. A closed socket counts as right only with 1012, which a draining server says.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { httpGet, Session } from './clients.ts'
import { namedScript } from './scripts.ts'
import { type Clone, sharedYard, type TestYard } from './yard.ts'

const PUSHES = 100
const FRESH_CLIENTS = 3
const KEEP_ALIVE_CLIENTS = 2
const SOCKET_CLIENTS = 4
/** No more requests than this per client and second would tell us more, and the pushes need the machine too. */
const PAUSE_MS = 5

/** Which versions may answer now: from the last one that is known to be live to the newest that was pushed. */
interface Versions {
  live: number
  pushed: number
}

interface Tally {
  answers: number
  reconnects: number
  /** The first few of everything that went wrong. */
  readonly wrong: string[]
}

describe('a hundred pushes under load', function () {
  this.timeout(600_000)
  let yard: TestYard
  let clone: Clone

  before(async () => {
    yard = await sharedYard()
    clone = await yard.clone('socketserver', 'dev1')
  })

  it('refuse or reset no connection and give no wrong answer', async () => {
    const versions: Versions = { live: 0, pushed: 0 }
    await clone.ship({ 'src/main.ts': namedScript('v0') })
    const { url } = await yard.sandbox('socketserver', 'dev1')
    const httpUrl = url.replace('ws:', 'http:')
    const stop = new AbortController()
    const fresh: Tally = { answers: 0, reconnects: 0, wrong: [] }
    const kept: Tally = { answers: 0, reconnects: 0, wrong: [] }
    const sockets: Tally = { answers: 0, reconnects: 0, wrong: [] }
    const clients = [
      ...times(FRESH_CLIENTS, () => loadHttp(httpUrl, versions, fresh, stop.signal)),
      ...times(KEEP_ALIVE_CLIENTS, () =>
        loadHttp(httpUrl, versions, kept, stop.signal, new Agent({ keepAlive: true, maxSockets: 1 })),
      ),
      ...times(SOCKET_CLIENTS, () => loadSocket(url, versions, sockets, stop.signal)),
    ]
    try {
      for (let n = 1; n <= PUSHES; n++) {
        const good = n % 2 === 0
        await clone.write('src/main.ts', good ? namedScript(`v${n}`) : broken(n))
        await clone.commit(`Push ${n}`)
        if (good) versions.pushed = n
        const pushed = await clone.push()
        assert.equal(pushed.exitCode === 0, good, `push ${n}\n${pushed.output}`)
        if (good) versions.live = n
        else await clone.must('reset', '-q', '--hard', 'HEAD~1')
      }
    } finally {
      stop.abort()
      await Promise.all(clients)
    }
    assert.deepEqual(
      { fresh: fresh.wrong, kept: kept.wrong, sockets: sockets.wrong },
      { fresh: [], kept: [], sockets: [] },
    )
    assert.ok(fresh.answers > PUSHES && kept.answers > PUSHES && sockets.answers > PUSHES, 'the load was no load')
    assert.ok(sockets.reconnects > 0, 'no socket met a switch')
    assert.equal((await yard.sandbox('socketserver', 'dev1')).restarts, 0)
  })
})

/** Broken in four ways, in turn. */
function broken(n: number): string {
  const script = namedScript(`v${n}`)
  const ways = [
    `${script}\n}`,
    `import './gone.ts'\n${script}`,
    `throw new Error('broken')\n${script}`,
    script.replace('fetch:', 'start: () => Promise.reject(new Error()),\nfetch:'),
  ]
  return ways[((n - 1) / 2) % ways.length] ?? script
}

async function loadHttp(
  url: string,
  versions: Versions,
  tally: Tally,
  stop: AbortSignal,
  agent?: Agent,
): Promise<void> {
  while (!stop.aborted) {
    // A kept connection may still belong to a release that drains: it may answer with an older version, never with a broken one.
    const oldest = agent === undefined ? versions.live : 0
    try {
      const { status, body } = await httpGet(url, agent)
      if (status !== 200) note(tally, `status ${status}: ${body}`)
      else judge(body, oldest, versions.pushed, tally)
    } catch (error) {
      note(tally, String(error))
    }
    await pause()
  }
  agent?.destroy()
}

async function loadSocket(url: string, versions: Versions, tally: Tally, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const oldest = versions.live
    try {
      const session = await Session.open(url)
      try {
        for (let n = 0; !stop.aborted; n++) {
          const answer = await session.ask(String(n))
          const [version = '', echo] = answer.split(':')
          if (echo !== String(n)) note(tally, `asked ${n}, was told ${answer}`)
          judge(version, oldest, versions.pushed, tally)
          await pause()
        }
        await session.close()
      } catch (error) {
        const code = await session.closed
        if (code === 1012) tally.reconnects++
        else note(tally, `closed with ${code}: ${error}`)
      }
    } catch (error) {
      note(tally, String(error))
    }
  }
}

function judge(version: string, oldest: number, newest: number, tally: Tally): void {
  const number = /^v(\d+)$/.exec(version)?.[1]
  if (number === undefined || Number(number) < oldest || Number(number) > newest || Number(number) % 2 === 1) {
    note(tally, `answered ${version}, allowed were v${oldest} to v${newest}`)
  }
  tally.answers++
}

function note(tally: Tally, what: string): void {
  if (tally.wrong.length < 10) tally.wrong.push(what)
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}

function times<T>(n: number, make: () => T): T[] {
  return Array.from({ length: n }, make)
}
