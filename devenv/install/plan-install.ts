// What a machine needs to have a yard as a service: files, as text. Pure.
import { EDGE_SERVER_NODE_FLAGS, EDGE_SERVER_PROGRAM } from '../../servers/contract/edge-server.ts'
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { becomeArgs } from '../exec/confine.ts'
import { SETPRIV } from '../exec/probe-isolation.ts'
import { PORT_KINDS, type PortRanges, renderRange } from '../sandbox/ports.ts'
import type { Limits } from '../settings/limits.ts'
import { DAEMON_ENVIRONMENT, DAEMON_NODE_FLAGS } from '../supervisor/node-program.ts'
import { instanceName, unitPath, unitWord } from './unit-text.ts'

export interface InstallFacts {
  /** Of the units: `edgeyard`, or another one for a second yard of this machine. */
  readonly name: string
  readonly root: string
  /** The folder with package.json, dist and node_modules. */
  readonly projectRoot: string
  readonly node: string
  /** Who runs it; null: root. */
  readonly user: string | null
  readonly ports: PortRanges
  /** Null: no units for sandboxes. */
  readonly sandboxes: readonly SandboxUnit[] | null
}

export interface SandboxUnit extends SandboxName {
  readonly uid: number
  readonly gid: number
  readonly limits: Limits
}

export interface InstallFile {
  /** From `/`. */
  readonly path: string
  readonly text: string
}

/** The first line of every file; whose root follows. A file without it is not ours to change or remove. */
export const MARK = '# Written by "edgeyard install" for '

export function planInstall(facts: InstallFacts): readonly InstallFile[] {
  const { name, root, sandboxes } = facts
  const units = '/etc/systemd/system'
  const file = (path: string, lines: readonly (string | null)[]): InstallFile => ({
    path,
    text: `${MARK}${unitPath(root)}\n${lines.filter((line) => line !== null).join('\n')}\n`,
  })
  return [
    file(`${units}/${name}.service`, daemonUnit(facts)),
    file(`/etc/sysctl.d/60-${name}.conf`, sysctls(facts)),
    ...(sandboxes === null
      ? []
      : [
          file(`${units}/${name}-sandbox@.service`, sandboxUnit(facts)),
          ...sandboxes.map((sandbox) =>
            file(
              `${units}/${name}-sandbox@${instanceName(sandboxKey(sandbox))}.service.d/10-${name}.conf`,
              sandboxDropIn(sandbox),
            ),
          ),
        ]),
  ]
}

function daemonUnit({ root, projectRoot, node, user }: InstallFacts): (string | null)[] {
  const cli = `${unitWord(node)} ${DAEMON_NODE_FLAGS.join(' ')} ${unitWord(`${projectRoot}/dist/devenv/cli.js`)}`
  return [
    '[Unit]',
    'Description=edgeyard, a sandbox for every developer',
    'After=network-online.target',
    'Wants=network-online.target',
    'StartLimitIntervalSec=60',
    'StartLimitBurst=10',
    '',
    '[Service]',
    'Type=exec',
    user === null ? null : `User=${user}`,
    ...Object.entries(DAEMON_ENVIRONMENT).map(([name, value]) => `Environment=${name}=${value}`),
    `ExecStart=${cli} up --root ${unitWord(root)}`,
    '# A daemon that dies stops no sandbox: the next one adopts what runs. Only SIGTERM stops them, in order.',
    'KillMode=process',
    '# One that hands over to a newer edgeyard ("edgeyard up") exits with 75.',
    'Restart=on-failure',
    'RestartSec=1',
    'TimeoutStopSec=150',
    '# Sandboxes have control groups of their own below this one.',
    'Delegate=yes',
    'TasksMax=infinity',
    'LimitNOFILE=1048576',
    '# It mounts, changes users and sets one sysctl for the sandboxes; what else root could do, it does not need.',
    'ProtectSystem=full',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectHostname=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]
}

function sysctls({ ports }: InstallFacts): string[] {
  const reserved = PORT_KINDS.map((kind) => renderRange(ports[kind])).join(',')
  return [
    '# A connection that waits in the queue of a closing socket moves to the next one of the port: sandboxes may sleep, several workers switch.',
    'net.ipv4.tcp_migrate_req = 1',
    '# As many connections may wait for a moment as a switch under load needs.',
    'net.core.somaxconn = 4096',
    '# No outgoing connection takes a port that a sandbox is given later.',
    `net.ipv4.ip_local_reserved_ports = ${reserved}`,
    '# Redis forks to rewrite its file.',
    'vm.overcommit_memory = 1',
  ]
}

/** %I is `socketserver/dev1`. The user and the limits are in a drop-in of each instance; without one it does not start. */
function sandboxUnit({ name, root, projectRoot, node }: InstallFacts): string[] {
  const folder = `${unitPath(root)}/%I`
  const command = [
    ...becomeArgs(SETPRIV, '$SANDBOX_USER', ['$SANDBOX_GROUP']),
    ...[unitWord(node), ...EDGE_SERVER_NODE_FLAGS, unitWord(`${projectRoot}/${EDGE_SERVER_PROGRAM}`)],
    ...['-p', `"${folder}"`, '-c', `"${folder}/conf/server.conf"`],
  ]
  return [
    `# One sandbox under systemd instead of the daemon. "edgeyard stop SERVER DEVELOPER" first: two would share the port, or`,
    `# fight for it. A push still builds, tests and moves the branch; src and conf of this sandbox stay what they were, so`,
    `# "systemctl restart" does not take up the new release by itself, and connections are not handed over.`,
    '[Unit]',
    'Description=edgeyard sandbox %I',
    `After=${name}.service`,
    '',
    '[Service]',
    'Type=exec',
    `WorkingDirectory=${folder}`,
    '# Its user has no name on this machine, and "User=" takes no other.',
    `ExecStart=${command.join(' ')}`,
    'Restart=on-failure',
    'RestartSec=1',
    'TimeoutStopSec=30',
    '# Its own view of the machine: its release and conf to read, its run folder to write, nobody else’s anything.',
    'ProtectSystem=strict',
    'ProtectHome=tmpfs',
    `TemporaryFileSystem=${unitPath(root)}:ro`,
    `BindReadOnlyPaths=${folder} ${unitPath(root)}/run/log -${unitPath(root)}/run/mysql -${unitPath(root)}/run/redis`,
    `BindReadOnlyPaths=${unitPath(projectRoot)}/dist ${unitPath(projectRoot)}/node_modules ${unitPath(projectRoot)}/package.json`,
    `BindPaths=${folder}/run`,
    `InaccessiblePaths=-${folder}/logs`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateIPC=yes',
    'ProtectProc=invisible',
    'ProcSubset=pid',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'NoNewPrivileges=yes',
    '# What setpriv needs, and takes from itself.',
    'CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SETPCAP',
    'AmbientCapabilities=',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources @mount @swap @reboot',
    'SystemCallFilter=@setuid capset',
    'SystemCallErrorNumber=EPERM',
    'UMask=0077',
    'KeyringMode=private',
  ]
}

function sandboxDropIn({ uid, gid, limits }: SandboxUnit): (string | null)[] {
  const { memoryBytes, cpus, processes, openFiles, outbound } = limits
  return [
    '[Service]',
    `Environment=SANDBOX_USER=${uid} SANDBOX_GROUP=${gid}`,
    `MemoryMax=${memoryBytes}`,
    cpus === null ? null : `CPUQuota=${Math.round(cpus * 100)}%`,
    `TasksMax=${processes}`,
    `LimitNOFILE=${openFiles}`,
    ...(outbound ? [] : ['IPAddressDeny=any', 'IPAddressAllow=localhost']),
  ]
}
