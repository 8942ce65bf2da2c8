import assert from 'node:assert/strict'
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot, run } from '../e2e/yard.ts'
import { planPorts } from '../sandbox/ports.ts'
import { DEFAULT_LIMITS } from '../settings/limits.ts'
import { applyInstall, removeInstall } from './apply-install.ts'
import { type InstallFacts, planInstall } from './plan-install.ts'

const facts = (changes: Partial<InstallFacts> = {}): InstallFacts => ({
  ...{ name: 'edgeyard', root: '/opt/hhl', projectRoot: projectRoot.replace(/\/$/, ''), node: process.execPath },
  ...{ user: null, ports: planPorts().ranges },
  sandboxes: [
    { server: 'socketserver', developer: 'dev-1', uid: 22_001, gid: 20_001, limits: DEFAULT_LIMITS },
    {
      ...{ server: 'dtserver', developer: 'ana', uid: 23_002, gid: 20_002 },
      limits: { ...DEFAULT_LIMITS, cpus: 0.5, outbound: false },
    },
  ],
  ...changes,
})
const hasSystemd = async () =>
  await access('/usr/bin/systemd-analyze').then(
    () => true,
    () => false,
  )

describe('the units of a yard', function () {
  this.timeout(60_000)
  let prefix: string
  const options = (dryRun = false) => ({ prefix, dryRun })
  const changes = (done: readonly { change: string }[]) => done.map(({ change }) => change)
  beforeEach(async () => {
    prefix = await mkdtemp(join(tmpdir(), 'edgeyard-install-'))
  })
  afterEach(() => rm(prefix, { recursive: true, force: true }))

  it('are written once, changed when they differ, and all removed', async () => {
    const files = planInstall(facts())
    assert.deepEqual(changes(await applyInstall(files, options(true))), Array(5).fill('written'))
    assert.deepEqual(await readdir(prefix), [])
    assert.deepEqual(changes(await applyInstall(files, options())), Array(5).fill('written'))
    assert.deepEqual(changes(await applyInstall(files, options())), Array(5).fill('unchanged'))
    const wider = planInstall(facts({ ports: planPorts(undefined, { redis: { from: 30_000, to: 30_999 } }).ranges }))
    assert.deepEqual(changes(await applyInstall(wider, options())).sort(), ['changed', ...Array(4).fill('unchanged')])
    // Also what the plan of today would not write.
    assert.equal((await removeInstall(planInstall(facts({ sandboxes: [] })), options())).length, 5)
    const left = await readdir(prefix, { recursive: true, withFileTypes: true })
    assert.deepEqual(
      left.filter((entry) => entry.isFile() || entry.name.endsWith('.d')).map(({ name }) => name),
      ['sysctl.d'],
    )
  })

  it("are not written over somebody else's file, or another yard's", async () => {
    const unit = join(prefix, 'etc/systemd/system/edgeyard.service')
    await applyInstall(planInstall(facts({ root: '/opt/other' })), options())
    await assert.rejects(applyInstall(planInstall(facts()), options()), /it is of the yard in \/opt\/other; say --name/)
    await mkdir(join(unit, '..'), { recursive: true })
    await writeFile(unit, '[Service]\nExecStart=/bin/true\n')
    await assert.rejects(applyInstall(planInstall(facts()), options()), { code: 'ROOT_UNUSABLE' })
    assert.deepEqual(await removeInstall(planInstall(facts()), options()), [])
    assert.match(await readFile(unit, 'utf8'), /bin\/true/)
  })

  it('hold a root with spaces and percent signs, and refuse one that no unit can', () => {
    const [unit] = planInstall(facts({ root: '/opt/a b%c$d' }))
    assert.match(unit!.text, /^ExecStart=.* up --root "\/opt\/a b%%c\$\$d"$/m)
    assert.throws(() => planInstall(facts({ root: '/opt/a\nUser=root' })), { code: 'ROOT_UNUSABLE' })
  })

  it('are units to systemd, and the one of a sandbox is well closed', async function () {
    // Only to be judged where its judge is; the machine need not be run by systemd.
    if (!(await hasSystemd())) this.skip()
    await applyInstall(planInstall(facts()), options())
    const units = join(prefix, 'etc/systemd/system')
    for (const name of ['edgeyard.service', 'edgeyard-sandbox@socketserver-dev\\x2d1.service']) {
      const verified = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', join(units, name)])
      assert.equal(verified.exitCode, 0, verified.output)
      assert.doesNotMatch(verified.output, /edgeyard/, verified.output)
    }
    const template = join(units, 'edgeyard-sandbox@socketserver-dev\\x2d1.service')
    const judged = await run('systemd-analyze', ['security', '--offline=yes', '--threshold=25', '--no-pager', template])
    assert.equal(judged.exitCode, 0, judged.output)
  })
})
