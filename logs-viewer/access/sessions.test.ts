import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions, SESSION_VALID_MS } from './sessions.ts'

const DAY_MS = 86_400_000
const ANA = { who: 'ana', person: 'p', epoch: 'e' }

describe('a session', () => {
  let folder: string
  let file: string
  let now: number
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeyard-sessions-'))
    file = join(folder, 'sessions.json')
    now = Date.UTC(2026, 10, 20)
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const create = () => createSessions(file, () => now)

  it('survives a restart, and its file is of no use to who reads it', async () => {
    const { cookie } = await (await create()).open(ANA)
    assert.equal((await create()).find(cookie)?.epoch, 'e')
    assert.ok(!readFileSync(file, 'utf8').includes(cookie))
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('ends after two weeks without a visit, and lasts as long as there are some', async () => {
    const sessions = await create()
    const { cookie, expiresMs } = await sessions.open(ANA)
    assert.equal(expiresMs, now + SESSION_VALID_MS)
    assert.equal(await sessions.renew(cookie), expiresMs)
    now += 10 * DAY_MS
    assert.equal(await sessions.renew(cookie), now + SESSION_VALID_MS)
    now += 13 * DAY_MS
    assert.ok(sessions.find(cookie))
    now += DAY_MS
    assert.equal(sessions.find(cookie), null)
  })

  it('is over when it was ended, also after a restart', async () => {
    const sessions = await create()
    const { cookie } = await sessions.open(ANA)
    await sessions.end(cookie)
    assert.equal(sessions.find(cookie), null)
    assert.equal((await create()).find(cookie), null)
  })

  it('is one of a bounded number: the one that was used the longest ago goes', async () => {
    const sessions = await createSessions(null, () => now)
    const first = await sessions.open(ANA)
    const second = await sessions.open(ANA)
    now += 2 * DAY_MS
    await sessions.renew(first.cookie)
    for (let i = 0; i < 49; i++) await sessions.open(ANA)
    assert.ok(sessions.find(first.cookie))
    assert.equal(sessions.find(second.cookie), null)
  })

  it('comes of a link once, also after a restart', async () => {
    assert.equal(await (await create()).useLink('l', now + 1000), true)
    assert.equal(await (await create()).useLink('l', now + 1000), false)
    now += 2000
    assert.equal(await (await create()).useLink('m', now - 1), false)
  })

  it('is forgotten with a file that is spoilt or of a form to come', async () => {
    const { cookie } = await (await create()).open(ANA)
    const text = readFileSync(file, 'utf8')
    for (const spoilt of [text.slice(0, -9), '[]', '{}', text.replace('"version":1', '"version":2')]) {
      writeFileSync(file, spoilt)
      assert.equal((await create()).find(cookie), null)
    }
  })
})
