// Many pushes at once: of one developer the ref and what runs agree whoever won, and everybody else is told; of many developers
// all go live.
import assert from 'node:assert/strict'
import { namedScript } from '../scripts.ts'
import { type Clone, createYard, endYard, type Run, type TestYard } from '../yard.ts'
import { type Arena, createArena } from './arena.ts'
import { branchOf, liveOf } from './live.ts'

const TOLD =
  /refused: refs\/heads\/dev1 has moved to [0-9a-f]{12} \(".*", by dev1, .*ago\) in the meantime; fetch, and push again|refused: a newer push of yours to socketserver took over|cannot lock ref|fetch first|stale info/

describe('pushes at once', function () {
  this.timeout(120_000)
  let yard: TestYard
  let arena: Arena
  let close: () => Promise<void>

  before(async () => {
    yard = await createYard()
    ;({ arena, close } = await createArena(yard))
  })
  after(async () => {
    await close()
    await endYard(yard)
  })

  /** So many clones of a developer, each with a commit of its own. */
  async function prepare(developer: string, count: number, name: string): Promise<Clone[]> {
    const clones = await Promise.all(Array.from({ length: count }, () => arena.yard.clone('socketserver', developer)))
    for (const [index, clone] of clones.entries()) {
      await clone.write('src/main.ts', namedScript(`${name}-${index}`))
      await clone.commit(`${name} ${index}`)
    }
    return clones
  }

  async function agree(developer: string): Promise<void> {
    const [branch, live] = await Promise.all([branchOf(arena.yard, developer), liveOf(arena.yard, developer)])
    assert.deepEqual(live, { state: 'ready', commit: branch })
  }

  for (const count of [2, 5]) {
    it(`of one developer, ${count}: one wins, the ref is what runs, the others are told`, async () => {
      const clones = await prepare('dev1', count, `race${count}`)
      const pushed = await Promise.all(clones.map((clone) => clone.push()))
      const won = pushed.filter(({ exitCode }) => exitCode === 0)
      assert.equal(won.length, 1, pushed.map(({ output }) => output).join('\n---\n'))
      for (const lost of pushed.filter((one) => one !== won[0])) assert.match(lost.output, TOLD)
      await agree('dev1')
      assert.match(won[0]!.output, /dev1 socketserver is live: release/)
    })
  }

  it('of two developers and of two kinds: each is judged by itself', async () => {
    const [[mine], [theirs], [broken]] = await Promise.all([
      prepare('dev1', 1, 'a'),
      prepare('dev2', 1, 'b'),
      prepare('dev2', 1, 'c'),
    ])
    await broken!.write('src/main.ts', '}')
    await broken!.commit('Broken')
    const [first, second, third] = (await Promise.all([mine!, theirs!, broken!].map((clone) => clone.push()))) as [
      Run,
      Run,
      Run,
    ]
    assert.equal(first.exitCode, 0, first.output)
    assert.equal([second, third].filter(({ exitCode }) => exitCode === 0).length <= 1, true)
    assert.notEqual(third.exitCode, 0, third.output)
    await agree('dev1')
    await agree('dev2')
  })

  it('by force: the last one that is told it is live is live', async () => {
    const clones = await prepare('dev2', 3, 'forced')
    const pushed = await Promise.all(clones.map((clone) => clone.push('+HEAD:refs/heads/dev2')))
    assert.ok(pushed.some(({ exitCode }) => exitCode === 0))
    await agree('dev2')
  })
})
