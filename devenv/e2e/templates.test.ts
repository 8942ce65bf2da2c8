// A newer edgeyard's templates come to a yard that an older one has made.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitFiles } from '../git/commit-files.ts'
import { readTemplates } from '../git/read-templates.ts'
import { readBase, rememberBase } from '../git/templates-base.ts'
import { yardLayout } from '../sandbox/layout.ts'
import { createYard, endYard, projectRoot, run, type TestYard } from './yard.ts'

const FILE = 'dtserver.values.yaml'

describe('templates', function () {
  this.timeout(180_000)
  let yard: TestYard
  let work: string
  before(async () => {
    // Its serverctrl is as no other test has left it.
    yard = await createYard()
    work = mkdtempSync(join(yard.folder, 'serverctrl-'))
    await git('clone', '-q', join(yard.root, 'git/serverctrl.git'), '.')
  })
  after(() => endYard(yard))

  const git = async (...args: string[]) => {
    const ran = await run('git', args, { cwd: work, env: { ...yard.gitEnvironment('operator'), GIT_SSH_COMMAND: '' } })
    assert.equal(ran.exitCode, 0, ran.output)
    return ran
  }
  const push = async (change: (text: string) => string) => {
    await git('pull', '-q', '--rebase')
    await writeFile(join(work, FILE), change(await readFile(join(work, FILE), 'utf8')))
    await git('commit', '-qam', 'Ours')
    await git('push', '-q')
  }
  const older = async (change: (text: string) => string) => {
    const folder = join(projectRoot, 'templates')
    const names = (await readdir(folder)).filter((name) => /\.(hbs|values\.yaml)$/.test(name))
    const files = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
    )
    await rememberBase(yardLayout(yard.root), { ...files, [FILE]: change(files[FILE]!) })
  }
  const stateOf = async () => {
    const plans = JSON.parse((await yard.do('templates', 'diff', '--json')).stdout) as { file: string; state: string }[]
    return plans.find(({ file }) => file === FILE)?.state
  }
  const confOf = () => readFile(join(yard.root, 'dtserver/dev1/conf/server.conf'), 'utf8')

  it('of a new yard are those of this version', async () => {
    assert.equal(await stateOf(), 'same')
    assert.equal((await yard.do('templates', 'diff')).stdout, '')
  })

  it('are updated by a push that is tested and switched', async () => {
    const old = (text: string) => text.replace('IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 60s')
    await push((text) => old(text).replace('MAX_PAYLOAD: 64k', 'MAX_PAYLOAD: 96k'))
    await older(old)
    assert.match(await confOf(), /websocket_idle_timeout 60s/)
    assert.match((await yard.do('templates', 'diff')).stdout, /^- {2}IDLE_TIMEOUT: 60s.*\n\+ {2}IDLE_TIMEOUT: 120s/m)
    const { pid } = await yard.sandbox('dtserver', 'dev1')
    const updated = await yard.do('templates', 'update')
    assert.match(updated.stderr, /dtserver.values.yaml +changed by both, in different places/)
    assert.match(await confOf(), /websocket_idle_timeout 120s/)
    assert.match(await confOf(), /websocket_max_payload 96k/)
    assert.notEqual((await yard.sandbox('dtserver', 'dev1')).pid, pid)
    assert.equal(await stateOf(), 'yours')
    assert.match((await yard.do('templates', 'update')).stderr, /nothing to push/)
  })

  it('that both have changed are told by line, and stay until the operator has settled it', async () => {
    await push((text) => text.replace('IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 45s'))
    await older((text) => text.replace('IDLE_TIMEOUT: 120s', 'IDLE_TIMEOUT: 60s'))
    const refused = await yard.cli('templates', 'update')
    assert.equal(refused.exitCode, 1)
    assert.match(
      refused.stderr,
      /dtserver.values.yaml:\d+: both changed this\n {2}yours \| .*45s.*\n {2}new {3}\| .*120s/,
    )
    assert.match(await confOf(), /websocket_idle_timeout 45s/)
    assert.equal(await stateOf(), 'conflict')
    assert.match((await yard.cli('templates', 'update', '--mine', 'nobody.hbs')).stderr, /Cannot settle nobody.hbs/)
    await yard.do('templates', 'update', '--mine', FILE)
    assert.equal(await stateOf(), 'yours')
    await push((text) =>
      text.replace('IDLE_TIMEOUT: 45s', 'IDLE_TIMEOUT: 120s').replace('MAX_PAYLOAD: 96k', 'MAX_PAYLOAD: 64k'),
    )
    assert.equal(await stateOf(), 'same')
    assert.deepEqual(
      (await readBase(yardLayout(yard.root)))[FILE],
      await readFile(join(projectRoot, 'templates', FILE), 'utf8'),
    )
  })

  it('are rendered and compared also while the yard is down', async () => {
    const nothing = (await yard.do('render', '--check')).stdout
    assert.match(nothing, /^Nothing would change: \d+ confs/)
    await yard.down()
    const down = await yard.do('render', '--check')
    assert.equal(down.stdout, nothing)
    assert.match(down.stderr, /^The yard is down: this is about what "npx edgeyard up" would start with$/m)
    const layout = yardLayout(yard.root)
    const text = (await readTemplates(layout, 'master'))![FILE]!
    const change = (to: string) =>
      commitFiles(layout, {
        ...{ repository: 'serverctrl', branch: 'master', message: 'Ours', keepOthers: true },
        files: new Map([[FILE, Buffer.from(text.replace('IDLE_TIMEOUT: 120s', to))]]),
      })
    await change('IDLE_TIMEOUT: 90s')
    const changed = await yard.cli('render', '--check')
    assert.equal(changed.exitCode, 1)
    assert.match(changed.stdout, /^Would change: dtserver of dev1$/m)
    assert.doesNotMatch(changed.stdout, /socketserver/)
    await change('IDLE_TIMEOUTS: 90s')
    const wrong = await yard.cli('render', '--check')
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.stdout, /dtserver\..*IDLE_TIMEOUT/)
  })
})
