// Sixteen pushes in a row, good and broken in turn, while HTTP and WebSocket clients never stop; then four under many of them. Two hundred:
// npm run bench:switch.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { createTally, type LoadOptions, loadHttp, loadSocket, type Tally, type Versions } from './load.ts'
import { namedScript } from './scripts.ts'
import { type Clone, sharedYard, type TestYard } from './yard.ts'

describe('pushes in a row under load', function () {
  this.timeout(600_000)
  let yard: TestYard
  let clone: Clone

  before(async () => {
    yard = await sharedYard()
    clone = await yard.clone('socketserver', 'dev1')
  })

  it('refuse or reset no connection and give no wrong answer', async () => {
    const isBroken = (n: number) => n % 2 === 1
    const clients = { fresh: 3, kept: 2, sockets: 4, pauseMs: 5 }
    await pushUnderLoad({ first: 0, pushes: 16, isBroken, clients })
    assert.equal((await yard.sandbox('socketserver', 'dev1')).restarts, 0)
  })

  it('also four under 32 kept connections, 32 that are closed each time, and 200 sockets', async () => {
    const clients = { fresh: 32, kept: 32, sockets: 200, pauseMs: 100 }
    await pushUnderLoad({ first: 102, pushes: 4, isBroken: () => false, clients })
  })

  interface Trial {
    /** A version that nobody has seen. */
    readonly first: number
    readonly pushes: number
    readonly isBroken: (n: number) => boolean
    readonly clients: { fresh: number; kept: number; sockets: number; pauseMs: number }
  }

  async function pushUnderLoad({ first, pushes, isBroken, clients }: Trial): Promise<void> {
    const versions: Versions = { live: first, pushed: first, isBroken }
    await clone.ship({ 'src/main.ts': namedScript(`v${first}`) })
    const { url } = await yard.sandbox('socketserver', 'dev1')
    const httpUrl = url.replace('ws:', 'http:')
    const stop = new AbortController()
    const [fresh, kept, sockets] = [createTally(), createTally(), createTally()]
    const under = (tally: Tally): LoadOptions => ({ versions, tally, stop: stop.signal, pauseMs: clients.pauseMs })
    const running = [
      ...times(clients.fresh, () => loadHttp(httpUrl, under(fresh))),
      ...times(clients.kept, () => loadHttp(httpUrl, under(kept), new Agent({ keepAlive: true, maxSockets: 1 }))),
      ...times(clients.sockets, () => loadSocket(url, under(sockets))),
    ]
    try {
      for (let n = first + 1; n <= first + pushes; n++) {
        const good = !isBroken(n)
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
      await Promise.all(running)
    }
    assert.deepEqual(
      { fresh: fresh.notes, kept: kept.notes, sockets: sockets.notes },
      { fresh: [], kept: [], sockets: [] },
    )
    for (const { answers } of [fresh, kept, sockets]) assert.ok(answers > pushes, 'the load was no load')
    assert.ok(sockets.reconnects > 0, 'no socket met a switch')
  }
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

function times<T>(n: number, make: () => T): T[] {
  return Array.from({ length: n }, make)
}
