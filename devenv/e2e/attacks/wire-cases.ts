// What no git and no ssh would send, and what they send that is not wanted here.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { type Arena, type AttackCase, FLUSH, NOTHING, packet, type Said } from './arena.ts'

type Bytes = (arena: Arena) => Buffer | Promise<Buffer>

/** To git-receive-pack, after it has listed its refs. */
const RECEIVE: readonly (readonly [title: string, bytes: Bytes])[] = [
  ['a request of HTTP', () => Buffer.from('GET / HTTP/1.0\r\n\r\n')],
  ['a length that is no number', () => Buffer.from('zzzz')],
  ['a length of three', () => Buffer.from('0003')],
  [
    'more push options than a hook can be started with',
    async (arena) =>
      Buffer.concat([
        packet(`${NOTHING} ${await head(arena)} refs/heads/x\0report-status push-options`),
        Buffer.from(FLUSH),
        ...Array.from({ length: 60 }, () => packet('x'.repeat(60_000))),
        Buffer.from(FLUSH),
        EMPTY_PACK,
      ]),
  ],
  ['a length beyond the longest', () => Buffer.concat([Buffer.from('ffff'), Buffer.alloc(70_000, 0x61)])],
  ['a packet that ends in the middle', () => Buffer.from('00ff0000')],
  ['a line that is no update', () => Buffer.concat([packet('hello'), Buffer.from(FLUSH)])],
  [
    'an update with half an id',
    async (arena) =>
      Buffer.concat([packet(`${await head(arena)} 1234 refs/heads/dev1\0report-status`), Buffer.from(FLUSH)]),
  ],
  [
    'a certificate of a push that was not asked for',
    () =>
      Buffer.concat([
        packet('push-cert\0report-status'),
        packet('certificate version 0.1\n'),
        packet('push-cert-end\n'),
        Buffer.from(FLUSH),
      ]),
  ],
  [
    'objects of SHA-256',
    async (arena) =>
      Buffer.concat([
        packet(`${await head(arena)} ${'1'.repeat(40)} refs/heads/dev1\0report-status object-format=sha256`),
        Buffer.from(FLUSH),
      ]),
  ],
  [
    'a shallow line that is no id',
    async (arena) =>
      Buffer.concat([
        packet('shallow me'),
        packet(`${await head(arena)} ${'1'.repeat(40)} refs/heads/dev1\0report-status`),
        Buffer.from(FLUSH),
      ]),
  ],
  [
    'push options that were not announced',
    async (arena) =>
      Buffer.concat([
        packet(`${NOTHING} ${await head(arena)} refs/heads/x\0report-status push-options`),
        Buffer.from(FLUSH),
        packet('x$(id)'),
        packet('a\u001b[2J'),
        Buffer.from(FLUSH),
        EMPTY_PACK,
      ]),
  ],
  ['megabytes of noise', () => randomBytes(4 * 1024 * 1024)],
]

const EMPTY_PACK = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex')

/** To git-upload-pack, in the version of the protocol that the environment asks for. */
const UPLOAD: readonly (readonly [title: string, protocol: string, bytes: Bytes])[] = [
  [
    'an object that is not there',
    '',
    () => Buffer.concat([packet(`want ${'d'.repeat(40)} side-band-64k\n`), Buffer.from(FLUSH), packet('done\n')]),
  ],
  [
    'a filter that was not announced',
    '',
    async (arena) =>
      Buffer.concat([
        packet(`want ${await head(arena)} filter\n`),
        packet('filter blob:none'),
        Buffer.from(FLUSH),
        packet('done\n'),
      ]),
  ],
  [
    'a filter by a file of the server',
    'version=2',
    async (arena) =>
      Buffer.concat([
        packet('command=fetch'),
        Buffer.from('0001'),
        packet(`want ${await head(arena)}`),
        packet('filter sparse:path=/etc/passwd'),
        packet('done'),
        Buffer.from(FLUSH),
      ]),
  ],
  [
    'a command that version 2 does not have',
    'version=2',
    () => Buffer.concat([packet('command=$(id)'), Buffer.from(FLUSH)]),
  ],
  ['an empty command', 'version=2', () => Buffer.concat([packet('command='), Buffer.from(FLUSH)])],
  [
    'two commands',
    'version=2',
    () => Buffer.concat([packet('command=ls-refs'), packet('command=fetch'), Buffer.from(FLUSH)]),
  ],
  [
    'another hash',
    'version=2',
    () => Buffer.concat([packet('command=ls-refs'), packet('object-format=sha256'), Buffer.from(FLUSH)]),
  ],
  ['noise', 'version=2', () => randomBytes(100_000)],
  [
    'a depth that is no number',
    '',
    async (arena) =>
      Buffer.concat([packet(`want ${await head(arena)} shallow\n`), packet('deepen x\n'), Buffer.from(FLUSH)]),
  ],
]

const WRONG = /fatal|error|protocol|not our ref|unknown|ng |unpack/i

export const WIRE_CASES: readonly AttackCase[] = [
  ...RECEIVE.map(([title, bytes]) => ({
    title: `${title}, instead of a push`,
    act: (arena: Arena) => speak(arena, 'git-receive-pack', '', bytes),
    says: WRONG,
  })),
  ...UPLOAD.map(([title, protocol, bytes]) => ({
    title: `${title}, instead of a fetch`,
    act: (arena: Arena) => speak(arena, 'git-upload-pack', protocol, bytes),
    says: WRONG,
  })),
  ...['0', '1', '2'].map((version) => ({
    title: `another's branch by version ${version} of the protocol`,
    act: (arena: Arena) =>
      arena.git(['-c', `protocol.version=${version}`, 'push', '--force', 'origin', 'HEAD:refs/heads/dev2']),
    says: /may push to refs\/heads\/dev1/,
  })),
  {
    title: 'a version of the protocol that does not exist',
    act: (arena) =>
      arena.ssh(["git-upload-pack 'socketserver'"], {
        more: ['-o', 'SendEnv=GIT_PROTOCOL'],
        env: { GIT_PROTOCOL: 'version=99:$(id)' },
        input: FLUSH,
      }),
    says: /refs\/heads\/dev1/,
    harmless: true,
  },
  {
    title: 'an archive',
    act: (arena) => arena.git(['archive', '--remote=origin', 'HEAD']),
    says: /archives are not made here/,
  },
  {
    title: 'an archive of the common library',
    act: (arena) => arena.git(['archive', `--remote=ssh://git@127.0.0.1:${arena.port}/common`, 'HEAD']),
    says: /operator only/,
  },
  {
    title: 'a clone of the common library',
    act: (arena) => arena.git(['ls-remote', `ssh://git@127.0.0.1:${arena.port}/common`]),
    says: /operator only/,
  },
  {
    title: 'a receive-pack with options',
    act: (arena) =>
      arena.git(['push', '--receive-pack=git-receive-pack --http-backend-info-refs', 'origin', 'HEAD:refs/heads/dev2']),
    says: /shell access is not given/,
  },
  {
    title: 'a receive-pack that is another program',
    act: (arena) => arena.git(['push', '--receive-pack=id;git-receive-pack', 'origin', 'HEAD:refs/heads/dev2']),
    says: /shell access is not given/,
  },
  {
    title: 'an upload-pack that is another program',
    act: (arena) => arena.git(['fetch', '--upload-pack=touch /tmp/x;git-upload-pack', 'origin']),
    says: /shell access is not given/,
  },
  {
    title: 'a signed push',
    act: (arena) => arena.git(['push', '--signed=yes', 'origin', 'HEAD:refs/heads/dev1']),
    says: /does not support --signed/,
  },
  {
    title: 'hostile push options with a verb',
    act: (arena) =>
      arena.git([
        'push',
        '-o',
        'x$(id)',
        '-o',
        '--help',
        '-o',
        'EDGEYARD_DEVELOPER=dev2',
        'origin',
        'HEAD:refs/ctl/status',
      ]),
    says: /remote: .*dev1/,
    harmless: true,
  },
  {
    title: 'a thousand push options',
    act: (arena) =>
      arena.git([
        'push',
        ...Array.from({ length: 1000 }, (_, n) => ['-o', `option${n}`]).flat(),
        '--force',
        'origin',
        'HEAD:refs/heads/dev2',
      ]),
    says: /may push|rejected/,
  },
  {
    title: 'megabytes of push options',
    act: (arena) =>
      arena.git([
        'push',
        ...Array.from({ length: 20 }, () => ['-o', 'x'.repeat(60_000)]).flat(),
        '--force',
        'origin',
        'HEAD:refs/heads/dev2',
      ]),
    says: /may push|rejected|error|too long/i,
  },
  { title: 'a shallow history', act: shallow, says: /shallow update not allowed|refused|rejected/ },
  { title: 'noise instead of ssh', act: (arena) => tcp(arena, randomBytes(4096)), says: /closed/ },
  {
    title: 'HTTP instead of ssh',
    act: (arena) => tcp(arena, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
    says: /closed/,
  },
  { title: 'ssh of version 1', act: (arena) => tcp(arena, Buffer.from('SSH-1.5-old\r\n')), says: /closed/ },
  { title: 'a greeting that never ends', act: (arena) => tcp(arena, Buffer.alloc(1024 * 1024, 0x61)), says: /closed/ },
  {
    title: 'a packet of four gigabytes after the greeting',
    act: (arena) =>
      tcp(arena, Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.from('ffffffff', 'hex'), randomBytes(4096)])),
    says: /closed/,
  },
  {
    title: 'a hundred strangers at the door while one of us pushes',
    act: strangers,
    says: /may push to refs\/heads\/dev1/,
  },
]

/** Where the attacker's branch is now. */
async function tip(arena: Arena): Promise<string> {
  return (await arena.ask(['ls-remote', 'origin', 'refs/heads/dev1'])).slice(0, 40)
}

async function head(arena: Arena): Promise<string> {
  return await arena.ask(['rev-parse', 'HEAD'])
}

async function speak(arena: Arena, service: string, protocol: string, bytes: Bytes): Promise<Said> {
  const more = protocol === '' ? [] : ['-o', 'SendEnv=GIT_PROTOCOL']
  const { exitCode, output } = await arena.ssh([`${service} 'socketserver'`], {
    more,
    env: { GIT_PROTOCOL: protocol },
    input: await bytes(arena),
  })
  // Framing is no text; what git itself says back of what it was sent is on its terminal's side of sideband.
  const text = output.replaceAll('\0', ' ').replace(/[\u0001-\u0003]/g, ' ')
  return {
    exitCode: exitCode === 0 && /[0-9a-f]{4}ng |unpack (?!ok)|ERR |fatal/.test(text) ? 1 : exitCode,
    output: text,
  }
}

/** A commit that hangs on nothing the server has, from a clone that says so. */
async function shallow(arena: Arena): Promise<Said> {
  const orphan = await arena.ask(['commit-tree', 'HEAD^{tree}', '-m', 'parentless'])
  const parent = await arena.ask(['commit-tree', 'HEAD^{tree}', '-p', orphan, '-m', 'shallow'])
  const line = packet(`${await tip(arena)} ${parent} refs/heads/dev1\0report-status`)
  const pack = await packOf(arena, `${parent}\n`)
  const input = Buffer.concat([packet(`shallow ${parent}`), line, Buffer.from(FLUSH), pack])
  const { output } = await arena.ssh(["git-receive-pack 'socketserver'"], { input })
  const text = output.replaceAll('\0', ' ').replace(/[\u0001-\u0003]/g, ' ')
  return { exitCode: /[0-9a-f]{4}ng |unpack (?!ok)|fatal/.test(text) ? 1 : 0, output: text }
}

async function packOf(arena: Arena, ids: string): Promise<Buffer> {
  const { output } = await arena.git(['pack-objects', '--stdout', '-q'], { input: ids })
  return Buffer.from(output, 'latin1')
}

/** Speaks to the port itself; says when it has been closed. */
function tcp({ port }: Arena, bytes: Buffer): Promise<Said> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve({ exitCode: 1, output: 'closed' }))
    socket.on('connect', () => socket.end(bytes))
    socket.resume()
  })
}

async function strangers(arena: Arena): Promise<Said> {
  const sockets = Array.from({ length: 100 }, () => connect(arena.port, '127.0.0.1').on('error', () => {}))
  try {
    return await arena.git(['push', '--force', 'origin', 'HEAD:refs/heads/dev2'])
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}
