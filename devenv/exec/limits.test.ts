// What a process may use of the machine, and which system calls it may make, tried from inside.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS, type Limits } from '../settings/limits.ts'
import { findCgroups, planLimits } from './cgroups.ts'
import { confine } from './confine.ts'
import { createLimiter, type Limiter } from './limiter.ts'
import { type Isolation, probeIsolation } from './probe-isolation.ts'
import { runCommand } from './run-command.ts'
import { seccompFilter } from './seccomp.ts'
import { startProcess } from './start-process.ts'

const MIB = 1024 ** 2
const UID = 20_003

describe('the filter of system calls', () => {
  it('is known for both machines that edgeyard runs on, and for no other', () => {
    for (const arch of ['x64', 'arm64']) assert.equal(seccompFilter(arch)!.length % 8, 0)
    assert.equal(seccompFilter('mips'), null)
  })
})

describe('control groups', () => {
  it('get the same limits in the words of either version', () => {
    const limits = { memoryBytes: 512 * MIB, processes: 64, cpus: 1.5 }
    const lines = (version: 1 | 2) => planLimits(version, limits).map(([, file, text]) => `${file} ${text}`)
    assert.deepEqual(lines(2), [
      'memory.max 536870912',
      'memory.swap.max 0',
      'memory.oom.group 1',
      'pids.max 64',
      'cpu.max 150000 100000',
    ])
    assert.deepEqual(lines(1), [
      'memory.limit_in_bytes 536870912',
      'memory.memsw.limit_in_bytes 536870912',
      'pids.max 64',
      'cpu.cfs_period_us 100000',
      'cpu.cfs_quota_us 150000',
    ])
    assert.deepEqual(planLimits(2, { ...limits, cpus: null }).at(-1), ['cpu', 'cpu.max', 'max 100000'])
    assert.deepEqual(planLimits(1, { ...limits, cpus: null }).at(-1), ['cpu', 'cpu.cfs_quota_us', '-1'])
  })

  describe('of version 2', () => {
    let mount: string
    beforeEach(async () => {
      mount = await mkdtemp(join(tmpdir(), 'edgeyard-cgroup-'))
      writeFileSync(join(mount, 'cgroup.controllers'), 'cpuset cpu io memory pids\n')
    })
    afterEach(() => rm(mount, { recursive: true, force: true }))

    it('are made in one tree, below a group of the yard that hands its controllers on', async () => {
      writeFileSync(join(mount, 'cgroup.subtree_control'), 'cpu memory pids\n')
      const found = findCgroups('/yard', mount)
      assert.ok(!('why' in found))
      assert.equal(found.version, 2)
      await found.enter('socketserver-dev1.7', 7, { memoryBytes: 128 * MIB, processes: 32, cpus: null })
      const yard = join(mount, 'edgeyard-')
      const [name] = (await import('node:fs')).readdirSync(mount).filter((entry) => entry.startsWith('edgeyard-'))
      const read = (file: string) => readFileSync(join(mount, name!, file), 'utf8')
      assert.ok(join(mount, name!).startsWith(yard))
      assert.equal(read('cgroup.subtree_control'), '+memory +pids +cpu')
      assert.equal(read('socketserver-dev1.7/memory.max'), `${128 * MIB}`)
      assert.equal(read('socketserver-dev1.7/cgroup.procs'), '7')
      writeFileSync(join(mount, name!, 'socketserver-dev1.7/memory.events'), 'low 0\noom 1\noom_kill 3\n')
      assert.deepEqual(found.breaches('socketserver-dev1.7'), { memory: 3, processes: 0 })
    })

    it('ask for the controllers that groups do not have, and are not had where the kernel gives none, which is said', () => {
      const handedOn = join(mount, 'cgroup.subtree_control')
      writeFileSync(handedOn, 'cpu\n')
      assert.ok(!('why' in findCgroups('/yard', mount)))
      assert.equal(readFileSync(handedOn, 'utf8'), '+memory +pids')
      rmSync(handedOn)
      mkdirSync(handedOn)
      const found = findCgroups('/yard', mount)
      assert.match('why' in found ? found.why : '', /^cgroup v2 without memory, pids, cpu for groups below \S+: EISDIR/)
    })
  })

  it('of version 1 need a tree for each', async () => {
    const mount = await mkdtemp(join(tmpdir(), 'edgeyard-cgroup-'))
    mkdirSync(join(mount, 'memory'))
    writeFileSync(join(mount, 'memory', 'cgroup.procs'), '')
    assert.deepEqual(findCgroups('/yard', mount), { why: `no cgroup of pids at ${mount}` })
    await rm(mount, { recursive: true })
  })
})

describe('a process with limits', () => {
  let folder: string
  let isolation: Isolation
  let limiter: Limiter
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-limits-'))
    const asRoot = process.getuid?.() === 0
    isolation = await probeIsolation({ asRoot })
    limiter = createLimiter(folder, { asRoot })
  })
  after(async () => {
    limiter.tidy()
    await rm(folder, { recursive: true, force: true })
  })

  const confined = (script: string, limits: Limits, overrides = {}) =>
    confine(
      { file: process.execPath, args: ['-e', script] },
      {
        ...{ isolation, uid: process.getuid?.() === 0 ? UID : null, readOnly: [], readWrite: [] },
        limits: { ...limiter.rlimits(limits), ...overrides },
      },
    )
  const run = async (script: string, limits: Limits, overrides = {}) => {
    const { stdout, stderr } = await runCommand(confined(script, limits, overrides), { timeoutMs: 20_000 })
    return stdout.toString().trim() || stderr
  }

  it('opens as many files as it may, and no more', async () => {
    const script = `const fs = require('node:fs'); let n = 0
      try { for (;;) { fs.openSync('/dev/null'); n++ } } catch (e) { console.log(e.code, n < 100) }`
    assert.equal(await run(script, { ...DEFAULT_LIMITS, openFiles: 100 }), 'EMFILE true')
  })

  it('has a small /tmp of its own, and writes no core file (with bubblewrap)', async function () {
    if (isolation.kind !== 'bubblewrap') this.skip()
    const script = `const fs = require('node:fs'); const chunk = Buffer.alloc(${MIB}); let n = 0
      try { for (;;) { fs.appendFileSync('/tmp/x', chunk); n++ } } catch (e) { console.log(e.code, n,
        /Max core file size +0 +0/.test(fs.readFileSync('/proc/self/limits', 'latin1'))) }`
    assert.equal(await run(script, DEFAULT_LIMITS), 'ENOSPC 64 true')
  })

  it('ends at the memory limit by itself where there are no control groups', async () => {
    const script = `const all = []; for (;;) { all.push(Buffer.alloc(${16 * MIB}, 1)); if (all.length > 24) break }
      console.log('has it')`
    assert.match(await run(script, DEFAULT_LIMITS, { dataBytes: 384 * MIB }), /out of memory|allocation failed/i)
  })

  it('makes no call that no server needs (with bubblewrap, its filter and Perl)', async function () {
    if (isolation.kind !== 'bubblewrap' || isolation.filter === null || !existsSync('/usr/bin/perl')) this.skip()
    // mount, ptrace, keyctl, bpf, unshare, clone with a user namespace, perf_event_open, kexec_load, io_uring_setup
    const numbers = {
      x64: [165, 101, 250, 321, 272, 56, 298, 246, 425],
      arm64: [40, 117, 219, 280, 97, 220, 241, 104, 425],
    }[process.arch as 'x64' | 'arm64']
    const perl = `for my $n (${numbers.join()}) { my $r = syscall($n, 0x10000011, 0, 0, 0, 0, 0); print $r, ":", $! + 0, " "; }
      use Socket; print socket(my $s, 40, SOCK_STREAM, 0) ? "vsock" : $! + 0, " ",
      socket($s, AF_INET, SOCK_STREAM, 0) && socket($s, AF_UNIX, SOCK_STREAM, 0) ? "ok" : $! + 0`
    const command = confine(
      { file: '/usr/bin/perl', args: ['-e', perl] },
      { isolation, uid: process.getuid?.() === 0 ? UID : null, readOnly: [], readWrite: [] },
    )
    const { stdout, stderr } = await runCommand(command)
    assert.equal(`${stdout}${stderr}`, `${'-1:1 '.repeat(numbers.length)}97 ok`)
  })

  describe('in a control group (where one may be made, with bubblewrap)', () => {
    before(function () {
      if (limiter.why !== null || isolation.kind !== 'bubblewrap') this.skip()
    })

    const inGroup = async (script: string, limits: Limits) => {
      const wait = "require('node:fs').readSync(3, Buffer.alloc(1));"
      const process_ = await startProcess(confined(wait + script, limits), { outputFile: join(folder, 'out.log') })
      const name = `test.${process_.pid}`
      await limiter.enter(name, process_.pid, limits)
      process_.channel.send({})
      const line = await process_.channel.next()
      if (line !== null) process.kill(process_.pid, 'SIGKILL')
      const end = await process_.exited
      const breaches = limiter.breaches(name)
      limiter.leave(name)
      return { line, end, breaches }
    }
    const say = (expression: string) => `require('node:fs').writeSync(3, JSON.stringify(${expression}) + '\\n');`

    it('is ended when it takes too much memory, with all its children, and that is known', async () => {
      const { end, breaches } = await inGroup(`const all = []; for (;;) all.push(Buffer.alloc(${16 * MIB}, 1))`, {
        ...DEFAULT_LIMITS,
        memoryBytes: 128 * MIB,
      })
      assert.equal(end.signal, 'SIGKILL')
      assert.ok(breaches.memory > 0)
    })

    it('starts as many processes as it may, and that it wanted more is known', async () => {
      const fork = `const { spawn } = require('node:child_process'); let failed = 0, wait = 60
        for (let i = 0; i < 60; i++) { const c = spawn('/usr/bin/sleep', ['60']);
          c.on('error', (e) => { failed++; if (e.code !== 'EAGAIN') throw e; done() }); c.on('spawn', done) }
        function done() { if (--wait === 0) { ${say('failed > 0')} } }`
      const { line, breaches } = await inGroup(fork, { ...DEFAULT_LIMITS, processes: 40 })
      assert.equal(line, 'true')
      assert.ok(breaches.processes > 0)
    })
  })
})
