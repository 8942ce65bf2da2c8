// A real viewer with records, which came through a real rsyslogd, that one of its developers must not see.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { createRun } from '../../servers/contract/run.ts'
import { createFramer } from '../../servers/contract/syslog.ts'
import { createRsyslogd, type Rsyslogd, until } from '../../servers/log/rsyslogd.fixture.ts'
import { createLogins, type Logins } from '../access/logins.fixture.ts'
import type { RecordsReply } from '../query/wire.ts'
import { type Answer, ask, type Given, logIn } from './ask.fixture.ts'
import { createViewer, type Viewer } from './create-viewer.ts'

/** In every record that dev1 must not see, and in nothing else. */
export const SECRET = 'nobody-elses-business'

/** Call it in a `describe` that tries to see them: at least `triesMin` times, and none may succeed. */
export function useSecretRecords({ triesMin }: { readonly triesMin: number }) {
  let rsyslogd: Rsyslogd
  let logins: Logins
  let viewer: Viewer
  /** Headers of those who have logged in. */
  let dev1: { cookie: string }
  let operator: { cookie: string }
  /** Of records of dev2, of another one of dev1's, and of the yard's own. */
  let ids: { dev2: string; dev1: string; audit: string }
  let fingerprint: string
  let seen = 0
  let tries = 0

  const send = async (developer: string, ...frames: (string | Buffer)[]) => {
    const socket = net.connect(rsyslogd.socket(developer))
    socket.end(Buffer.concat(frames.map((frame) => Buffer.from(frame))))
    await once(socket.resume(), 'close')
  }
  const framers = new Map<string, ReturnType<typeof createFramer>>()
  /** The next record of a server. Each developer's are counted together: nobody looks for gaps here. */
  const frame = (server: string, message: string, more: object = {}) => {
    const framer = framers.get(server) ?? createFramer(server, createRun(Date.now(), Math.random))
    framers.set(server, framer)
    return framer.frame({ time: new Date().toISOString(), severity: 'error', message, pid: 1, ...more })
  }
  const idOf = async (query: string): Promise<string> => {
    const { records } = (await ask(viewer.port, `/api/records?${query}`, { headers: operator })).json<RecordsReply>()
    return records[0]!.id
  }

  before(async () => {
    rsyslogd = createRsyslogd(['master', 'dev1', 'dev2'])
    await rsyslogd.start()
    logins = createLogins(rsyslogd.root)
    const tokens = { dev1: logins.issue('dev1'), dev2: logins.issue('dev2'), operator: logins.issue('operator') }
    await send('dev1', frame('socketserver', 'mine'), frame('redis', 'mine, too'))
    await send('dev2', frame('socketserver', SECRET, { stack: `Error: ${SECRET}`, fields: { own: SECRET } }))
    await send('dev2', frame('dtserver', SECRET, { request: SECRET }), frame('redis', SECRET))
    await send('master', frame('edgeyard', SECRET, { fields: { audit: true } }), frame('redis', SECRET))
    await send('master', frame('httpserver', 'shared'), frame('mysql', 'shared'))
    await until(() => rsyslogd.records('mysql', 'master').length > 0, 'the last record')
    await until(() => rsyslogd.records('redis', 'dev2').length > 0, 'the records of dev2')
    const stats = join(rsyslogd.root, 'edgeyard/master/stats/collector.jsonl')
    viewer = await createViewer({ root: rsyslogd.root, host: '127.0.0.1', port: 0, stats })
    dev1 = await logIn(viewer.port, tokens.dev1)
    operator = await logIn(viewer.port, tokens.operator)
    ids = {
      dev1: await idOf('developer=dev1&server=socketserver'),
      dev2: await idOf('developer=dev2&server=socketserver'),
      audit: await idOf('developer=master&server=edgeyard'),
    }
    const errors = await ask(viewer.port, '/api/errors?developer=dev2', { headers: operator })
    fingerprint = errors.json<{ groups: { fingerprint: string }[] }>().groups[0]!.fingerprint
  })
  after(async () => {
    await viewer?.close()
    await rsyslogd?.remove()
    assert.ok(tries >= triesMin, `${tries} tries`)
    assert.equal(seen, 0)
  })

  /** Counts what has got through. */
  const judge = (text: string) => {
    tries++
    if (text.includes(SECRET)) seen++
    assert.ok(!text.includes(SECRET), text.slice(0, 500))
  }
  const attempt = async (path: string, given: Given = {}): Promise<Answer> => {
    const answer = await ask(viewer.port, path, given)
    judge(answer.body + JSON.stringify(answer.headers))
    return answer
  }

  return {
    get rsyslogd() {
      return rsyslogd
    },
    get logins() {
      return logins
    },
    get port() {
      return viewer.port
    },
    get dev1() {
      return dev1
    },
    get operator() {
      return operator
    },
    get ids() {
      return ids
    },
    get fingerprint() {
      return fingerprint
    },
    ...{ send, frame, judge, attempt },
  }
}
