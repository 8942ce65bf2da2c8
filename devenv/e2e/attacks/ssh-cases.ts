// The door itself: whose key, which command, which repository, and what of a connection may be used for something else.
import { join } from 'node:path'
import type { Arena, AttackCase, Said } from './arena.ts'

const NO_SHELL = /shell access is not given/
const NO_REPOSITORY = /no such repository|shell access is not given/

/** What is asked to be run, byte for byte. */
const COMMANDS: readonly string[] = [
  ...[
    'id',
    'sh',
    'bash -i',
    '/bin/sh -c id',
    'cat /etc/passwd',
    'env',
    'git',
    'git shell',
    'git-shell',
    'scp -t /tmp/x',
    'scp -f /etc/passwd',
  ],
  ...[
    'rsync --server . /',
    'sftp-server',
    '/usr/lib/openssh/sftp-server',
    'internal-sftp',
    'node -e 1',
    'edgeyard down',
    'down',
    'facts',
    'boot',
    'turn',
  ],
  ...[
    "git-receive-pack 'socketserver'; id",
    "git-receive-pack 'socketserver' && id",
    "git-receive-pack 'socketserver' | id",
    "git-receive-pack 'socketserver'\nid",
  ],
  ...[
    "git-receive-pack '$(id)'",
    "git-receive-pack '`id`'",
    "git-receive-pack 'x'$(id)''",
    "git-receive-pack 'socketserver' 'serverctrl'",
  ],
  ...[
    "git-receive-pack --help 'socketserver'",
    "git-receive-pack '--help'",
    "git-upload-pack '--upload-pack=id'",
    "git -c core.sshCommand=id upload-pack 'x'",
  ],
  ...[
    "git --exec-path=/tmp receive-pack 'socketserver'",
    "git-upload-archive 'socketserver'",
    "git upload-archive 'common'",
    "git-lfs-authenticate 'socketserver' upload",
  ],
  ...[
    'git-http-backend',
    'git-daemon',
    "git-cat-file 'socketserver'",
    "GIT_DIR=/ git-upload-pack 'socketserver'",
    'status; id',
    'status $(id)',
    'restart dev2',
    'stop socketserver dev2',
  ],
  ...[
    'restart ../dev2',
    'restart socketserver/dev2',
    'stop serverctrl',
    'restart --all',
    'debug socketserver dev2',
    `status ${'x'.repeat(5000)}`,
    '\u001b[2J',
    '\u202eid',
  ],
]

const REPOSITORIES: readonly string[] = [
  ...[
    '../socketserver',
    './socketserver',
    'socketserver/..',
    'socketserver/../serverctrl',
    '/etc',
    '//socketserver',
    'socketserver.git/objects',
    'socketserver.git.git',
  ],
  ...[
    '../../../etc/passwd',
    '~',
    '~root/x',
    '%2e%2e/socketserver',
    'socketserver%00',
    'SOCKETSERVER',
    'Socketserver.git',
    '.git',
    '',
    ' ',
    '*',
    'hooks',
    'socketserver/hooks',
    'dev2',
    'x'.repeat(180),
  ],
]

const asked = (command: string, says = /edgeyard: /): AttackCase => ({
  title: `asks for ${JSON.stringify(command.slice(0, 60))}`,
  act: (arena) => arena.ssh([command]),
  says,
})

const forward = (title: string, more: readonly string[], says: RegExp): AttackCase => ({
  title,
  act: (arena) => arena.ssh(['id'], { more: ['-o', 'ExitOnForwardFailure=yes', ...more] }),
  says,
})

/** A channel through the server to somewhere else. */
const tunnel = (title: string, to: string): AttackCase => ({
  title,
  act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-W', to, 'git@127.0.0.1']),
  says: /administratively prohibited|open failed|forwarding failed|closed|stdio/i,
})

export const SSH_CASES: readonly AttackCase[] = [
  ...COMMANDS.map((command) => asked(command)),
  ...REPOSITORIES.map((name) => ({
    title: `a repository called ${JSON.stringify(name.slice(0, 40))}`,
    act: (arena: Arena) => arena.ssh([`git-upload-pack '${name}'`]),
    says: NO_REPOSITORY,
  })),
  {
    title: 'a shell',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-T', 'git@127.0.0.1']),
    says: NO_SHELL,
  },
  {
    title: 'a terminal',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-tt', 'git@127.0.0.1', 'id']),
    says: /PTY allocation request failed|shell access is not given/,
  },
  {
    title: 'the sftp subsystem',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-s', 'git@127.0.0.1', 'sftp']),
    says: /subsystem request failed/,
  },
  {
    title: 'a subsystem called sh',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-s', 'git@127.0.0.1', 'sh']),
    says: /subsystem request failed/,
  },
  forward('the agent, to be used by others', ['-A'], NO_SHELL),
  forward('X11', ['-X'], NO_SHELL),
  forward('a port of the machine opened for others', ['-R', '0:127.0.0.1:1'], /forwarding failed|shell access|refused/),
  forward(
    'a Unix socket of the machine opened for others',
    ['-R', '/tmp/edgeyard-attack.sock:127.0.0.1:1'],
    /forwarding failed|shell access|refused/,
  ),
  forward('a layer-3 tunnel', ['-w', 'any'], /Tunnel|shell access|refused|denied|not permitted|open failed/i),
  tunnel('a way to the machine itself', '127.0.0.1:22'),
  tunnel('a way to the metadata address', '169.254.169.254:80'),
  tunnel("a way to another's debugger", 'dev2:9229'),
  {
    title: 'an environment that makes git run something',
    act: (arena) =>
      withEnv(arena, {
        GIT_SSH_COMMAND: 'id',
        GIT_EXEC_PATH: '/tmp',
        LD_PRELOAD: '/tmp/x.so',
        NODE_OPTIONS: '--require /tmp/x.js',
        BASH_ENV: '/tmp/x',
      }),
    says: /dev1/,
    harmless: true,
  },
  {
    title: 'an environment that says who pushes',
    act: (arena) => withEnv(arena, { EDGEYARD_DEVELOPER: 'dev2', EDGEYARD_ROOT: '/tmp' }),
    says: /^(?![\s\S]*dev2)[\s\S]*dev1/,
    harmless: true,
  },
  {
    title: 'a user name that is somebody else',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-l', 'dev2', '127.0.0.1', 'status']),
    says: /^(?![\s\S]*dev2)[\s\S]*dev1/,
    harmless: true,
  },
  {
    title: 'the user name root',
    act: (arena) => arena.run('ssh', [...arena.sshArguments('dev1'), '-l', 'root', '127.0.0.1', 'id']),
    says: NO_SHELL,
  },
  {
    title: 'a key that nobody knows',
    act: async (arena) => arena.ssh(['status'], { who: await keyOf(arena, 'stranger') }),
    says: /Permission denied \(publickey\)/,
  },
  {
    title: "another's public key beside a private one that nobody knows",
    act: offered,
    says: /Permission denied \(publickey\)/,
  },
  {
    title: 'a password',
    act: (arena) =>
      arena.run('ssh', [
        ...arena.sshArguments('dev1'),
        '-o',
        'PubkeyAuthentication=no',
        '-o',
        'PreferredAuthentications=password,keyboard-interactive,none',
        'git@127.0.0.1',
        'status',
      ]),
    says: /Permission denied \(publickey\)/,
  },
  {
    title: 'no proof at all',
    act: (arena) =>
      arena.run('ssh', [
        ...arena.sshArguments('dev1'),
        '-o',
        'PreferredAuthentications=none',
        'git@127.0.0.1',
        'status',
      ]),
    says: /Permission denied/,
  },
  { title: 'the key of somebody who was taken out', act: removedKey, says: /Permission denied \(publickey\)/ },
  { title: 'a certificate of an own authority', act: certificate, says: /Permission denied \(publickey\)/ },
  {
    title: 'an RSA signature with SHA-1',
    act: sha1,
    says: /Permission denied|no mutual signature|Unable to negotiate|bad key types/i,
  },
  { title: 'twenty-five keys, one after another', act: manyKeys, says: /^$/ },
]

async function withEnv(arena: Arena, env: Record<string, string>): Promise<Said> {
  const more = Object.keys(env).flatMap((name) => ['-o', `SendEnv=${name}`])
  return await arena.ssh(['status'], { more, env })
}

const made = new Map<string, Promise<string>>()

/** A key pair of this name, made once. */
function keyOf(arena: Arena, name: string): Promise<string> {
  const key = `${arena.yard.folder} ${name}`
  if (!made.has(key))
    made.set(
      key,
      arena.yard.makeKey(name).then(() => name),
    )
  return made.get(key)!
}

/** Both files are shown to ssh: it offers dev2's key and cannot sign with it. */
async function offered(arena: Arena): Promise<Said> {
  const who = await keyOf(arena, 'stranger')
  return await arena.ssh(['status'], { who, more: ['-o', `IdentityFile=${join(arena.yard.folder, 'dev2.key.pub')}`] })
}

async function removedKey(arena: Arena): Promise<Said> {
  const who = await keyOf(arena, 'gone')
  const file = join(arena.yard.folder, `${who}.key.pub`)
  await arena.yard.do('dev', 'key', 'add', 'dev2', file)
  const before = await arena.ssh(['status'], { who })
  if (before.exitCode !== 0) return { exitCode: 0, output: `the key was never let in: ${before.output}` }
  const fingerprint = (await arena.run('ssh-keygen', ['-lf', file])).output.split(' ')[1] ?? ''
  await arena.yard.do('dev', 'key', 'rm', 'dev2', fingerprint)
  return await arena.ssh(['status'], { who })
}

async function certificate(arena: Arena): Promise<Said> {
  const authority = join(arena.yard.folder, `${await keyOf(arena, 'authority')}.key`)
  const who = await keyOf(arena, 'certified')
  await arena.run('ssh-keygen', [
    '-q',
    '-s',
    authority,
    '-I',
    'dev2',
    '-n',
    'dev2,git,root',
    join(arena.yard.folder, `${who}.key.pub`),
  ])
  return await arena.ssh(['status'], { who })
}

async function sha1(arena: Arena): Promise<Said> {
  const file = join(arena.yard.folder, 'sha1.key')
  await arena.run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file])
  return await arena.ssh(['status'], { who: 'sha1', more: ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'] })
}

async function manyKeys(arena: Arena): Promise<Said> {
  const who = await keyOf(arena, 'stranger')
  const more: string[] = []
  for (let n = 0; n < 25; n++) {
    await keyOf(arena, `many${n}`)
    more.push('-o', `IdentityFile=${join(arena.yard.folder, `many${n}.key`)}`)
  }
  return await arena.ssh(['status'], { who, more })
}
