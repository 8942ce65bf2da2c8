// A machine of its own that systemd runs, for units to be started for real: namespaces of processes, mounts and control groups on
// this machine, whose files and network it shares. Only root can have one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SETPRIV } from '../exec/probe-isolation.ts'
import { type Run, run, until } from './yard.ts'

const SYSTEMD = '/lib/systemd/systemd'
const NAMESPACES = ['--mount', '--pid', '--uts', '--ipc', '--cgroup']

/** What units of services wait for; systemd's own bring up a whole Debian. */
const TARGETS = ['sysinit', 'basic', 'sockets', 'timers', 'paths', 'network-online', 'multi-user', 'shutdown']

/** `degraded`: something of this machine's own does not run there. */
const RUNS = /^(running|degraded)$/m

/** Goes into a control group of each hierarchy, which will be all that the machine sees of it. */
const ENTER_GROUPS = `
# Version 2 has one hierarchy, version 1 has several.
export ROOTS=/sys/fs/cgroup
[ -f $ROOTS/cgroup.procs ] || ROOTS=$(echo $ROOTS/*)
for root in $ROOTS; do
  [ -f $root/cgroup.procs ] && [ ! -L $root ] || continue
  mkdir $root/$GROUP
  # A group takes nobody before it has processors.
  for file in cpuset.cpus cpuset.mems; do
    [ ! -f $root/$GROUP/$file ] || cat $root/$file > $root/$GROUP/$file
  done
  echo $$ > $root/$GROUP/cgroup.procs
done
exec unshare ${NAMESPACES.join(' ')} --fork --kill-child sh -ec "$BOOT"`

/** It is not to write what belongs to this machine: no machine-id, no sysctl. */
const BOOT = `
mount --make-rprivate /
mount -t proc proc /proc
for folder in /etc /proc/sys; do
  mount --bind $folder $folder
  mount -o remount,bind,ro $folder
done
mount -t tmpfs tmpfs /run
groups=$(for root in $ROOTS; do [ -L $root ] || echo $(stat -f -c %T $root) $root; done)
# What is mounted already cannot be mounted over itself, as its own group sees it.
mount -t tmpfs tmpfs /sys/fs/cgroup
echo "$groups" | while read type root; do
  mkdir -p $root
  case $type-\${root##*/} in
    cgroup2fs-*) mount -t cgroup2 cgroup2 $root;;
    cgroupfs-systemd) mount -t cgroup -o none,name=systemd cgroup $root;;
    cgroupfs-*) mount -t cgroup -o \${root##*/} cgroup $root;;
  esac
done
exec env -i container=edgeyard PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH="$UNITS" ${SYSTEMD} --system \\
  --unit=multi-user.target --log-target=console --show-status=no`

/** Groups that nobody is in any more, from the bottom up. */
const LEAVE_GROUPS = 'find /sys/fs/cgroup -depth -type d -path "*/$GROUP*" -exec rmdir {} +'

export class SystemdMachine {
  readonly folder: string
  readonly #unshare: ChildProcess
  /** Of its process 1, as this machine counts. */
  readonly #pid: number

  private constructor(folder: string, unshare: ChildProcess, pid: number) {
    this.folder = folder
    this.#unshare = unshare
    this.#pid = pid
  }

  /**
   * Boots with the units that lie in `units`, or will. `folder`: for what else it needs; its last name must be no other machine's.
   * Rejects with what was said where that cannot be.
   */
  static async boot(folder: string, units: string): Promise<SystemdMachine> {
    const targets = join(folder, 'targets')
    mkdirSync(targets, { recursive: true })
    for (const name of TARGETS)
      writeFileSync(join(targets, `${name}.target`), `[Unit]\nDescription=${name}\nDefaultDependencies=no\n`)
    const env = { PATH: process.env.PATH, GROUP: basename(folder), UNITS: `${units}:${targets}`, BOOT }
    // It ends with us, however we end.
    const unshare = spawn(SETPRIV, ['--pdeathsig', 'KILL', 'sh', '-ec', ENTER_GROUPS], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [unshare.stdout, unshare.stderr]) stream.on('data', (text: Buffer) => (said += text))
    try {
      return await until('systemd runs', async () => {
        if (unshare.exitCode !== null) throw new Error('it has ended')
        const pid = Number(readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8'))
        const machine = new SystemdMachine(folder, unshare, pid)
        return pid > 0 && RUNS.test((await machine.run('systemctl', 'is-system-running')).stdout) && machine
      })
    } catch (cause) {
      await end(folder, unshare)
      throw new Error(`${said.trim()} (${cause})`, { cause })
    }
  }

  /** Runs a command there. */
  run(...command: string[]): Promise<Run> {
    return run('nsenter', ['--target', `${this.#pid}`, ...NAMESPACES, '--', ...command])
  }

  /** Pulls the plug. */
  halt(): Promise<void> {
    return end(this.folder, this.#unshare)
  }
}

async function end(folder: string, unshare: ChildProcess): Promise<void> {
  if (unshare.exitCode === null && unshare.signalCode === null) {
    unshare.kill('SIGKILL')
    await once(unshare, 'exit')
  }
  const leave = () => run('sh', ['-c', LEAVE_GROUPS], { env: { GROUP: basename(folder) } })
  await until('its control groups are empty', async () => (await leave()).exitCode === 0)
}
