// Who gets into the log page: tokens and links of a whole yard, from the command line to the API and the audit.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sharedYard, type TestYard, until } from './yard.ts'

interface Session {
  readonly who: string
  readonly sources: readonly { readonly server: string; readonly developer: string }[]
}

describe('the log page of a yard', function () {
  this.timeout(120_000)
  let yard: TestYard
  let url: string
  before(async () => {
    yard = await sharedYard()
    url = (await yard.status()).viewer.url
  })

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const sessionOf = async (headers: Record<string, string>): Promise<Session | number> => {
    const answer = await fetch(`${url}api/session`, { headers })
    return answer.ok ? ((await answer.json()) as Session) : answer.status
  }
  const whoIs = async (headers: Record<string, string>) => {
    const session = await sessionOf(headers)
    return typeof session === 'number' ? session : session.who
  }

  it('gives whoever is added a token, takes it back with the next one, knows them by another name, and forgets them', async () => {
    const added = JSON.parse((await yard.do('dev', 'add', 'zoe', '--json')).stdout)
    assert.match(added.url, /^http:\/\/127\.0\.0\.1:\d+\/login#token=ey_/)
    const session = await sessionOf(bearer(added.token))
    assert.ok(typeof session === 'object')
    assert.equal(session.who, 'zoe')
    const others = session.sources.filter(
      ({ server, developer }) => !['zoe', 'master'].includes(developer) || server === 'edgeyard',
    )
    assert.deepEqual(others, [])

    const token = (await yard.do('dev', 'token', 'zoe')).stdout.trim()
    await until('the old token is void', async () => (await whoIs(bearer(added.token))) === 401)
    assert.equal(await whoIs(bearer(token)), 'zoe')
    const cookie = await yard.apiHeaders('zoe')
    await yard.do('dev', 'rename', 'zoe', 'zora')
    await until('the name has changed', async () => (await whoIs(cookie)) === 'zora')

    const folder = join(yard.root, 'state/logins')
    assert.deepEqual(readdirSync(folder).sort(), ['operator.json', 'zora.json'])
    for (const secret of [token, added.token])
      assert.ok(!readFileSync(join(folder, 'zora.json'), 'utf8').includes(secret.slice(3)))
    assert.equal(statSync(join(folder, 'zora.json')).mode & 0o777, 0o600)

    // That the rest of a removal works is what people.test.ts looks at.
    await yard.cli('dev', 'rm', 'zora', '--yes')
    await until('nobody is left', async () => (await whoIs(cookie)) === 401)
    assert.equal(await whoIs(bearer(token)), 401)
  })

  it('lets the operator in by a link, once, and sees everything', async () => {
    const link = new URL(await yard.loginLink())
    const body = JSON.stringify({ token: link.hash.slice('#token='.length) })
    const login = () =>
      fetch(`${url}api/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const first = await login()
    assert.equal(first.status, 200)
    const { who, sources } = (await first.json()) as Session
    assert.equal(who, 'operator')
    assert.ok(sources.some(({ server, developer }) => server === 'edgeyard' && developer === 'master'))
    assert.equal((await login()).status, 401)
    assert.match((await yard.do('status')).stdout, /Log in {4}.*edgeyard login/)
  })

  it('writes down who has logged in and who was refused, without the token, and finds it again', async () => {
    const token = `ey_${'w'.repeat(43)}`
    await fetch(`${url}api/session`, { headers: bearer(token) })
    const found = async (search: string) =>
      (await yard.do('logs', 'edgeyard', '--search', `audit:true ${search}`, '--json')).stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).fields as Record<string, unknown>)
    await until('the refusal is there', async () => (await found('result:"wrong token" act:token')).length > 0)
    const logins = await found('act:login who:operator')
    assert.deepEqual([logins[0]?.who, logins[0]?.result, logins[0]?.from], ['operator', 'done', '127.0.0.1'])
    const { stdout } = await yard.do('logs', 'edgeyard', '--since', '1h', '--json')
    assert.ok(!stdout.includes(token))
  })

  it('finds records for the command line, which reads the files itself while the page is away', async () => {
    const shown = (await yard.do('logs', 'edgeyard', '--grep', 'THE YARD IS UP', '-n', '1')).stdout
    assert.match(shown, /The yard is up/)
    assert.equal((await yard.cli('logs', 'edgeyard', '--search', '/(/')).exitCode, 1)
    const { pid } = (await yard.status()).viewer
    process.kill(pid!, 'SIGKILL')
    try {
      // It is started again at once, so it may be back before it is asked.
      const { stdout, stderr } = await yard.do('logs', 'edgeyard', '--grep', 'the yard is up', '-n', '1')
      assert.equal(stdout, shown)
      assert.match(stderr, /^$|The log page does not answer \(.*\); these are the files:/)
    } finally {
      // It answers before the daemon has written down that it does.
      await until('the viewer is back', async () => {
        const { viewer } = await yard.status()
        return viewer.pid !== null && viewer.pid !== pid
      })
    }
  })
})
