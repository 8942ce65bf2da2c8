import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROGRAMS } from '../commands/findings.ts'
import { runCommand } from '../exec/run-command.ts'

const load = (name: string) => import(new URL(`../../../devenv/bootstrap/${name}`, import.meta.url).href)

describe('bootstrap', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-bootstrap-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  describe('with Debian packages', () => {
    let bin: string
    let calls: string
    let policyFile: string
    const said: string[] = []

    /** A program on the PATH that notes its call in `calls` and then does `body`. */
    const fake = async (name: string, body = '') => {
      const file = join(bin, name)
      await writeFile(file, `#!/bin/sh\necho "${name} $*" >> ${calls}\n${body}\n`)
      await chmod(file, 0o755)
    }
    const ensure = async (mode: 'start' | 'test', options: { asRoot?: boolean } = {}) => {
      const { ensurePackages } = await load('bootstrap.mjs')
      // Only what the test puts there counts.
      const env = { PATH: bin }
      return ensurePackages(mode, {
        asRoot: true,
        env,
        say: (text: string) => said.push(text),
        policyFile,
        sbin: [],
        ...options,
      })
    }
    const programs = async (names: readonly string[]) => {
      for (const name of names) await fake(name)
    }
    const calledWith = async () => (existsSync(calls) ? await readFile(calls, 'utf8') : '')

    beforeEach(async () => {
      const place = await mkdtemp(join(folder, 'debian-'))
      bin = join(place, 'bin')
      calls = join(place, 'calls')
      policyFile = join(place, 'policy-rc.d')
      said.length = 0
      await mkdir(bin)
      await fake(
        'dpkg-query',
        [
          'case "$1" in',
          '-W) echo "installed git"; echo "config-files old"; [ -e "$0.after" ] && echo "installed redis-server" ;;',
          '-L) echo /lib/systemd/system/redis-server.service; echo /lib/systemd/system/redis-server@.service; echo /etc/init.d/redis-server ;;',
          'esac',
          'exit 0',
        ].join('\n'),
      )
      await fake('systemctl')
      await fake(
        'apt-get',
        [
          `[ -e ${policyFile} ] && echo "policy: $(/bin/sed -n 3p ${policyFile})" >> ${calls}`,
          'case "$*" in *install*)',
          '  echo "Setting up redis-server (5:7.0)"',
          `  for name in redis-server; do echo '#!/bin/sh' > ${bin}/$name; /bin/chmod 755 ${bin}/$name; done`,
          `  : > ${bin}/dpkg-query.after ;;`,
          'esac',
        ].join('\n'),
      )
    })

    it('does nothing when everything is there', async () => {
      await programs(['git', 'redis-server', 'mariadbd', 'rsyslogd', 'bwrap', 'ssh-keygen', 'nft', 'perl'])
      await ensure('start')
      assert.equal(await calledWith(), '')
      assert.deepEqual(said, [])
    })

    it('installs what is missing, lets no service start, and disables just what it brought', async () => {
      await programs(['git', 'mariadbd', 'rsyslogd', 'bwrap', 'ssh-keygen', 'nft', 'perl'])
      await ensure('start')
      const text = await calledWith()
      assert.match(text, /^apt-get -q -o DPkg::Lock::Timeout=120 update$/m)
      assert.match(text, /^apt-get .* install -y --no-install-recommends redis-server\npolicy: exit 101$/m)
      assert.match(text, /^dpkg-query -L redis-server$/m)
      assert.match(text, /^systemctl disable redis-server\.service$/m)
      assert.equal(existsSync(policyFile), false)
      assert.deepEqual(said, [
        'Reading the lists of Debian packages',
        'Installing redis-server',
        'Installed redis-server',
      ])
    })

    it("leaves a machine's own policy alone", async () => {
      await programs(['git', 'mariadbd', 'rsyslogd', 'bwrap', 'ssh-keygen', 'nft', 'perl'])
      await writeFile(policyFile, '#!/bin/sh\nexit 104\n')
      await ensure('start')
      assert.equal(await readFile(policyFile, 'utf8'), '#!/bin/sh\nexit 104\n')
    })

    it('takes its policy away when apt fails, and shows what apt said', async () => {
      await fake('apt-get', 'case "$*" in *install*) echo "E: Unable to locate package bubblewrap"; exit 100 ;; esac')
      await assert.rejects(ensure('start'), /exit code 100.*Unable to locate package bubblewrap/s)
      assert.equal(existsSync(policyFile), false)
    })

    for (const signal of ['INT', 'HUP', 'TERM']) {
      it(`takes its policy away when it is interrupted by SIG${signal}`, async () => {
        await fake('apt-get', `case "$*" in *install*) kill -${signal} $PPID; /bin/sleep 0.2 ;; esac`)
        const program = join(folder, 'interrupted.mjs')
        await writeFile(
          program,
          `import { ensurePackages } from ${JSON.stringify(new URL('../../../devenv/bootstrap/bootstrap.mjs', import.meta.url).href)}
         const options = { asRoot: true, env: { PATH: ${JSON.stringify(bin)} }, say: () => {}, policyFile: ${JSON.stringify(policyFile)}, sbin: [] }
         await ensurePackages('start', options).catch((error) => console.log(error.message))`,
        )
        const ended = await runCommand({ file: process.execPath, args: [program] }, { timeoutMs: 20_000 })
        assert.equal(String(ended.stdout), 'Interrupted\n', ended.stderr + ended.signal)
        assert.match(await calledWith(), /install/)
        assert.equal(existsSync(policyFile), false)
      })
    }

    it('tells somebody who is not root the one command to run', async () => {
      await assert.rejects(ensure('start', { asRoot: false }), {
        message:
          'Debian packages are missing. Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends git redis-server mariadb-server rsyslog bubblewrap openssh-client nftables perl',
      })
      assert.equal(await calledWith(), '')
    })

    it('names what is missing where there is no apt', async () => {
      await rm(join(bin, 'apt-get'))
      await assert.rejects(ensure('test'), /not Debian: .*bubblewrap.*chromium/)
    })

    it('takes the links of units away, and disables init scripts, where there is no systemd', async () => {
      const { disableCommands } = await load('debian.mjs')
      const files = ['/etc/init.d/mariadb', '/usr/lib/systemd/system/mariadb.service', '/etc/init.d/sub/x']
      const unlink = {
        file: 'find',
        args: ['/etc/systemd/system', '-type', 'l', '(', '-lname', '*/mariadb.service', ')', '-delete'],
      }
      assert.deepEqual(
        disableCommands(files, (name: string) => name === 'update-rc.d'),
        [unlink, { file: 'update-rc.d', args: ['mariadb', 'disable'] }],
      )
      assert.deepEqual(
        disableCommands(files, () => false),
        [unlink],
      )
      assert.deepEqual(
        disableCommands(['/usr/bin/bwrap'], () => false),
        [],
      )
    })

    it('knows the same packages as the doctor', async () => {
      const { NEEDED } = await load('packages.mjs')
      assert.deepEqual(NEEDED.start, PROGRAMS)
    })
  })

  it('lets one start at a time work in a folder, and the next one when that has ended', async () => {
    const { waitUntilAlone } = await load('alone.mjs')
    const said: string[] = []
    const say = (text: string) => said.push(text)
    const release = await waitUntilAlone(folder, say)
    ;(await waitUntilAlone(join(folder, 'other'), say))()
    assert.deepEqual(said, [])
    // Said once, by the one that waits: only then may the first one go.
    const releaseNext = await waitUntilAlone(folder, (text: string) => {
      say(text)
      release()
    })
    assert.match(said.join(), /^Waiting for another npm start/)
    releaseNext()
  })

  it('is not held up by one that was killed', async () => {
    const { waitUntilAlone } = await load('alone.mjs')
    const alone = new URL('../../../devenv/bootstrap/alone.mjs', import.meta.url).href
    const program = `const { waitUntilAlone } = await import('${alone}')
      await waitUntilAlone('${folder}', () => {}); process.kill(process.pid, 'SIGKILL')`
    const { signal } = await runCommand({ file: process.execPath, args: ['--input-type=module', '-e', program] })
    assert.equal(signal, 'SIGKILL')
    const said: string[] = []
    ;(await waitUntilAlone(folder, (text: string) => said.push(text)))()
    assert.deepEqual(said, [])
  })

  it('asks for the Node that package.json asks for', async () => {
    const { requireNode } = await load('bootstrap.mjs')
    for (const version of ['20.17.0', '20.20.2', '22.0.0', '24.1.0']) requireNode(version, '>=20.17')
    for (const version of ['20.16.9', '18.20.0', '8.0.0'])
      assert.throws(() => requireNode(version, '>=20.17'), /needs Node/)
  })

  it("finds node_modules right by npm's own note, and from then on by the hash of the lock", async () => {
    const { agrees, needsInstall } = await load('modules.mjs')
    const entry = { version: '1.0.0', integrity: 'sha512-x' }
    const lock = { packages: { '': {}, 'node_modules/a': entry, 'node_modules/b': { ...entry, optional: true } } }
    assert.equal(agrees(lock, { packages: { 'node_modules/a': entry } }), true)
    assert.equal(agrees(lock, { packages: { 'node_modules/a': { ...entry, version: '1.0.1' } } }), false)
    assert.equal(agrees(lock, { packages: {} }), false)

    const root = await mkdtemp(join(folder, 'modules-'))
    await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock))
    assert.equal(needsInstall(root), true)
    await mkdir(join(root, 'node_modules'))
    assert.equal(needsInstall(root), true)
    await writeFile(
      join(root, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': entry } }),
    )
    assert.equal(needsInstall(root), false)
    await rm(join(root, 'node_modules/.package-lock.json'))
    assert.equal(needsInstall(root), false)
    await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/c': entry } }))
    assert.equal(needsInstall(root), true)
  })

  it('builds again when a source was changed, added or removed, and only then', async () => {
    const { fingerprint, isBuilt, stampBuild } = await load('sources.mjs')
    const root = await mkdtemp(join(folder, 'sources-'))
    await mkdir(join(root, 'devenv'))
    await mkdir(join(root, 'dist'))
    const source = join(root, 'devenv/a.ts')
    await writeFile(source, 'export {}')
    assert.equal(isBuilt(root), false)
    const stamp = () => stampBuild(root, fingerprint(root))
    stamp()
    assert.equal(isBuilt(root), true)
    await writeFile(join(root, 'README.md'), 'not a source')
    assert.equal(isBuilt(root), true)
    const { atime, mtimeMs } = await stat(source)
    await utimes(source, atime, new Date(mtimeMs + 5))
    assert.equal(isBuilt(root), false)
    stamp()
    await writeFile(join(root, 'devenv/b.ts'), '')
    assert.equal(isBuilt(root), false)
    stamp()
    await rm(join(root, 'devenv/b.ts'))
    assert.equal(isBuilt(root), false)
  })
})
