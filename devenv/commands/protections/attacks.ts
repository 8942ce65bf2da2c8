// What is tried from inside a sandbox, and what must come of it.
import type { Attack, Outcome, ProbeGround } from './probe-ground.ts'

export interface Probe extends Attack {
  readonly protection: string
  /** True when the attack came to nothing. */
  holds(outcome: Outcome, ground: Pick<ProbeGround, 'netFilter'>): boolean
  /** What keeps it so here; said also where it does not hold. */
  how(ground: Pick<ProbeGround, 'isolation' | 'limiter' | 'netFilter'>): string
}

const MIB = 1024 ** 2

const all = (expected: RegExp) => (outcome: Pick<Outcome, 'answer'>) =>
  Array.isArray(outcome.answer) &&
  outcome.answer.length > 0 &&
  outcome.answer.every((one) => expected.test(String(one)))
const GONE = /^(ENOENT|EACCES|EPERM)$/

const view: Probe['how'] = ({ isolation }) =>
  isolation.kind === 'bubblewrap' ? 'a view of files of its own (bubblewrap)' : `no bubblewrap: ${isolation.why}`
const processes: Probe['how'] = ({ isolation }) => {
  if (isolation.kind === 'none') return `no bubblewrap: ${isolation.why}`
  if (isolation.kind === 'uid') return 'a user of its own'
  return `a process namespace of its own${isolation.setsUid ? ', a user of its own' : ''}`
}
const rights: Probe['how'] = ({ isolation }) =>
  isolation.kind === 'none' ? 'nothing: no bubblewrap' : 'no capabilities, no new privileges'
const calls: Probe['how'] = ({ isolation }) =>
  isolation.kind === 'bubblewrap' && isolation.filter !== null ? 'a seccomp filter' : 'no seccomp filter here'
const groups =
  (otherwise: string): Probe['how'] =>
  ({ limiter }) =>
    limiter.why === null ? 'a control group' : `${otherwise}; no control groups: ${limiter.why}`
const filter: Probe['how'] = ({ netFilter }) =>
  netFilter.why === null ? 'a packet filter by user (nftables)' : `no packet filter: ${netFilter.why}`

export const PROBES: readonly Probe[] = [
  {
    protection: "others' releases, confs, data",
    script: 'places.others.map(look)',
    holds: all(GONE),
    how: view,
  },
  {
    protection: 'yard.yml, keys, state of the yard',
    script: 'places.yard.map(look)',
    holds: all(GONE),
    how: view,
  },
  {
    protection: 'own release and conf: read-only',
    script: `[places.own.release + '/main.js', places.own.release + '/new', places.own.conf].map((path) =>
      attempt(() => fs.appendFileSync(path, 'x')))`,
    holds: all(/^(EROFS|EACCES|EPERM)$/),
    how: view,
  },
  {
    protection: "others' processes: seen, signalled",
    script: `[...places.pids.map((pid) => attempt(() => { process.kill(pid, 0) })),
      ...places.pids.map((pid) => attempt(() => fs.readFileSync('/proc/' + pid + '/cmdline') && 'seen')),
      fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length === 1 ? 'ENOENT' : 'seen']`,
    holds: all(/^(ESRCH|EPERM|ENOENT|EACCES)$/),
    how: processes,
  },
  {
    protection: "others' Redis and log sockets",
    script: 'Promise.all([places.othersRedis, places.othersLog].map((path) => connect({ path })))',
    holds: all(GONE),
    how: ({ isolation }) =>
      isolation.kind === 'bubblewrap' && !isolation.setsUid
        ? "not in its view; the log sockets of others are, and all are one user's"
        : 'not in its view; modes of files',
  },
  {
    protection: 'the control socket',
    script: '[await connect({ path: places.control })]',
    holds: all(GONE),
    how: view,
  },
  {
    protection: 'ports of others on this machine',
    script: "[await connect({ host: '127.0.0.1', port: places.port })]",
    holds: all(/^ECONNREFUSED$/),
    how: filter,
  },
  {
    protection: 'connections to other machines, when off',
    script: "[await connect({ host: '192.0.2.1', port: 80 })]",
    // Without a filter the network itself may refuse. A machine that has no way to others does so before the filter is asked.
    holds: (outcome, { netFilter }) => netFilter.why === null && all(/^(ECONNREFUSED|ENETUNREACH)$/)(outcome),
    how: filter,
  },
  {
    protection: 'sockets without a file (abstract)',
    script: '[await connect({ path: places.abstract })]',
    holds: all(/^(ECONNREFUSED|EPERM|EACCES)$/),
    how: () => 'nothing: sandboxes share the network of the machine, because releases share a port',
  },
  {
    protection: 'rights of root',
    script: `[attempt(() => process.setuid(0)), /CapEff:\\s+0+$/m.test(fs.readFileSync('/proc/self/status', 'latin1')) ? 'EPERM' : 'has',
      /NoNewPrivs:\\s+1/.test(fs.readFileSync('/proc/self/status', 'latin1')) ? 'EPERM' : 'has']`,
    // A user that its namespace does not have cannot even be asked for.
    holds: all(/EPERM|not permitted|EINVAL|Invalid/i),
    how: rights,
  },
  {
    protection: 'mount, unshare, ptrace and the like',
    script: `[/Seccomp:\\s+2/.test(fs.readFileSync('/proc/self/status', 'latin1')) ? 'EPERM' : 'unfiltered',
      ...[['unshare', '-Ur', 'true'], ['unshare', '-m', 'true'], ['mount', '-t', 'tmpfs', 'x', '/tmp']].map(([file, ...args]) =>
        spawnSync(file, args).status === 0 ? 'done' : 'EPERM')]`,
    holds: all(/^EPERM$/),
    how: calls,
  },
  {
    protection: '/proc/sys, devices',
    script: `['/proc/sys/kernel/core_pattern', '/proc/sys/net/ipv4/tcp_migrate_req', '/proc/sysrq-trigger', '/dev/new', '/dev/mem',
      '/dev/kmsg'].map((path) => attempt(() => fs.writeFileSync(path, 'x')))`,
    holds: all(/^(ENOENT|EACCES|EPERM|EROFS)$/),
    how: view,
  },
  {
    protection: 'memory',
    limits: { memoryBytes: 160 * MIB },
    script: `(() => { const all = []; for (let i = 0; i < 40; i++) all.push(Buffer.alloc(${16 * MIB}, 1)); return ['has it'] })()`,
    holds: ({ answer }) => answer === undefined,
    how: groups('a limit for each process alone'),
  },
  {
    protection: 'processes and threads',
    limits: { processes: 48 },
    script: `new Promise((resolve) => { let left = 300, refused = 0
      const done = () => { if (--left === 0) resolve([refused > 0 ? 'EAGAIN' : 'all']) }
      for (let i = 0; i < 300; i++) spawn('sleep', ['100'], { stdio: 'ignore' }).on('spawn', done)
        .on('error', () => { refused++; done() }) })`,
    holds: all(/^EAGAIN$/),
    how: groups('a limit for each user where we are root'),
  },
  {
    protection: 'open files',
    limits: { openFiles: 100 },
    script: "[attempt(() => { for (let i = 0; i < 200; i++) fs.openSync('/dev/null') })]",
    holds: all(/^EMFILE$/),
    how: () => 'rlimits',
  },
  {
    protection: 'a /tmp of its own, of a size',
    script: `[attempt(() => { for (let i = 0; i < 100; i++) fs.appendFileSync('/tmp/x', Buffer.alloc(${MIB})) })]`,
    holds: all(/^(ENOSPC|EFBIG)$/),
    how: view,
  },
  {
    protection: 'a share of the processors',
    script: "[/edgeyard-/.test(fs.readFileSync('/proc/self/cgroup', 'latin1')) ? 'own' : 'shared']",
    holds: all(/^own$/),
    how: groups('nothing'),
  },
  {
    protection: 'a process left behind',
    leaves: true,
    script: "[spawn('sleep', [places.marker], { detached: true, stdio: 'ignore' }).pid ? 'left' : '']",
    holds: ({ answer, left }) => all(/^left$/)({ answer }) && left === 0,
    how: processes,
  },
]
