// What a commit may hold: nothing that leads out of its release, runs in git, or fills the machine.

import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { type Arena, type AttackCase, FLUSH, packet, type Said } from './arena.ts'

const blob = (arena: Arena, data: string | Buffer = 'x') => arena.object('blob', data)

/** A tree with these entries, made of one blob each that holds `content`. */
function entries(
  title: string,
  says: RegExp,
  list: readonly (readonly [mode: string, name: string | Buffer])[],
  content = 'x',
): AttackCase {
  const act = async (arena: Arena): Promise<Said> => {
    const id = await blob(arena, content)
    return await arena.pushTree(...list.map(([mode, name]) => [mode, name, id] as const))
  }
  return { title, act, says }
}

/** Folders inside each other, the innermost with one file. */
function nested(title: string, says: RegExp, path: readonly string[], mode = '100644'): AttackCase {
  const act = async (arena: Arena): Promise<Said> => {
    let id = await blob(arena, '/etc')
    let kind = mode
    for (const name of [...path].reverse().slice(0, -1)) {
      id = await arena.tree([kind, name, id])
      kind = '40000'
    }
    return await arena.pushTree([kind, path[0]!, id])
  }
  return { title, act, says }
}

const GIT_FINDS = /hasDotgit|hasDotdot|hasDot|fsck|\.git folder|leads elsewhere|rejected/

const files = (title: string, says: RegExp, make: () => Readonly<Record<string, string | Buffer>>): AttackCase => ({
  title,
  act: (arena) => arena.pushFiles(make()),
  says,
})

const ZEROS = 15 * 1024 * 1024

/** Small trees inside each other: `width` entries to each of `depth` levels. */
async function bomb(arena: Arena, { width, depth }: { width: number; depth: number }): Promise<Said> {
  let id = await arena.tree(['100644', 'f', await blob(arena)])
  for (let level = 0; level < depth; level++) {
    id = await arena.tree(
      ...Array.from({ length: width }, (_, n) => ['40000', `t${String(n).padStart(3, '0')}`, id] as const),
    )
  }
  return await arena.pushTree(['40000', 'bomb', id])
}

/** One object of a pack: its type, how long it says it is, and what follows. */
function packed(type: number, size: number, data: Buffer): Buffer {
  const bytes: number[] = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= 128
    bytes.push(rest & 127)
  }
  return Buffer.concat([Buffer.from(bytes), data])
}

function pack(count: number, ...objects: readonly Buffer[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
  head.writeUInt32BE(count, 8)
  const body = Buffer.concat([head, ...objects])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

/** A push of bytes that no git has packed, to the attacker's own branch. */
async function pushPack(arena: Arena, bytes: Buffer, to = 'f'.repeat(40)): Promise<Said> {
  const head = await arena.ask(['rev-parse', 'HEAD'])
  const line = packet(`${head} ${to} refs/heads/dev1\0report-status`)
  const { exitCode, output } = await arena.ssh(["git-receive-pack 'socketserver'"], {
    input: Buffer.concat([line, Buffer.from(FLUSH), bytes]),
  })
  const text = output.replaceAll('\0', ' ')
  return { exitCode: /[0-9a-f]{4}ng |unpack (?!ok)|fatal/.test(text) ? 1 : exitCode, output: text }
}

const PACK_REFUSED = /unpack (?!ok)|unpacker error|fatal/

const PACKS: readonly (readonly [title: string, bytes: () => Buffer])[] = [
  ['that is nothing but noise', () => Buffer.alloc(4096, 0x5a)],
  ['that ends after its head', () => Buffer.from('PACK\0\0\0\x02\0\0\0\x05', 'latin1')],
  ['of a version nobody knows', () => Buffer.from('PACK\0\0\0\x63\0\0\0\x01', 'latin1')],
  ['that says it has four billion objects', () => pack(0xffffffff, packed(3, 1, deflateSync('x')))],
  ['that says an object is a terabyte', () => pack(1, packed(3, 2 ** 40, deflateSync('x')))],
  ['with an object that is longer than it says', () => pack(1, packed(3, 1, deflateSync('much more')))],
  [
    'with a delta on nothing',
    () => pack(1, packed(7, 4, Buffer.concat([Buffer.alloc(20, 7), deflateSync(Buffer.from([1, 1, 1, 65]))]))),
  ],
  [
    'with an offset delta that points before the pack',
    () => pack(1, packed(6, 4, Buffer.concat([Buffer.from([0xff, 0x7f]), deflateSync(Buffer.from([1, 1, 1, 65]))]))),
  ],
  ['with a type that does not exist', () => pack(1, packed(5, 1, deflateSync('x')))],
  ['with a broken stream', () => pack(1, packed(3, 9, Buffer.from('not zlib!')))],
  [
    'with a wrong checksum',
    () => Buffer.concat([pack(1, packed(3, 1, deflateSync('x'))).subarray(0, -20), Buffer.alloc(20)]),
  ],
  ['without the commit it is about', () => pack(1, packed(3, 1, deflateSync('x')))],
  [
    'with half a gigabyte of zeros in one object',
    () => pack(1, packed(3, 512 * 1024 * 1024, deflateSync(Buffer.alloc(512 * 1024 * 1024), { level: 1 }))),
  ],
]

export const TREE_CASES: readonly AttackCase[] = [
  ...['.git', '.GIT', '.gIt', '.git ', '.git.', 'GIT~1', '.git::$INDEX_ALLOCATION', '.g\u200cit', '..', '.'].map(
    (name) => entries(`an entry called ${JSON.stringify(name)}`, GIT_FINDS, [['100644', name]]),
  ),
  entries('an entry without a name', /fsck|emptyName|rejected|leads elsewhere/, [['100644', '']]),
  entries('an entry with a slash in its name', /fsck|fullPathname|rejected|leads elsewhere/, [['100644', 'a/../../x']]),
  entries('an absolute path as a name', /fsck|fullPathname|rejected|leads elsewhere/, [['100644', '/etc/passwd']]),
  entries('a name of bytes that are no UTF-8', /not UTF-8/, [['100644', Buffer.from([0x61, 0xff, 0xfe])]]),
  entries('a newline in a name', /control character/, [['100644', 'a\nb.ts']]),
  entries('an escape sequence in a name', /control character/, [['100644', 'a\u001b[2Jb.ts']]),
  entries('a name that is turned around on a terminal', /characters that hide/, [['100644', 'a\u202egpj.ts']]),
  entries('a backslash in a name', /backslash/, [['100644', '..\\..\\x']]),
  entries('a name of 300 bytes', /longer than 255 bytes|fsck/, [['100644', 'n'.repeat(300)]]),
  entries('the folder that is made here', /build\/ is made here/, [['100644', 'build']]),
  entries('a symbolic link to a file outside', /symbolic link/, [['120000', 'conf.json']], '/etc/passwd'),
  entries('a symbolic link to the folder above', /symbolic link/, [['120000', 'up']], '..'),
  entries('a symbolic link to the root', /symbolic link/, [['120000', 'root']], '/'),
  entries('a symbolic link that only leads inside', /symbolic link/, [['120000', 'main.ts']], 'src/main.ts'),
  nested('a symbolic link in a folder', /symbolic link/, ['conf', 'dev.json'], '120000'),
  entries(
    'a symbolic link as .gitmodules',
    /symbolic link|gitmodulesSymlink|fsck/,
    [['120000', '.gitmodules']],
    '/etc/passwd',
  ),
  entries('a symbolic link as .gitattributes', /symbolic link|fsck/, [['120000', '.gitattributes']], '/etc/passwd'),
  entries('a file of mode 0', /git calls it|fsck|rejected/, [['000000', 'zero']]),
  entries('the same name twice', /twice|duplicateEntries|fsck/, [
    ['100644', 'a.ts'],
    ['100644', 'a.ts'],
  ]),
  { title: 'a link and a folder of the same name', act: linkAndFolder, says: /duplicateEntries|symbolic link|fsck/ },
  { title: 'a submodule', act: (arena) => arena.pushTree(['160000', 'sub', 'a'.repeat(40)]), says: /submodule/ },
  {
    title: 'a submodule whose url is an option',
    act: (arena) => gitmodules(arena, '[submodule "a"]\n\tpath = a\n\turl = -u./payload\n'),
    says: /submodule|gitmodulesUrl|fsck/,
  },
  {
    title: 'a submodule whose name leads out',
    act: (arena) => gitmodules(arena, '[submodule "../../hooks"]\n\tpath = a\n\turl = https://example.org/a\n'),
    says: /submodule|gitmodulesName|fsck/,
  },
  {
    title: 'a submodule path that ends in a carriage return',
    act: (arena) => gitmodules(arena, '[submodule "a"]\n\tpath = "a\r"\n\turl = https://example.org/a\n'),
    says: /submodule|fsck/,
  },
  {
    title: 'a submodule that updates by a command',
    act: (arena) => gitmodules(arena, '[submodule "a"]\n\tpath = a\n\turl = https://example.org/a\n\tupdate = !id\n'),
    says: /submodule|gitmodulesUpdate|fsck/,
  },
  nested(
    'forty folders inside each other',
    /folders deep/,
    Array.from({ length: 40 }, (_, n) => `d${n}`),
  ),
  nested(
    'a path of a thousand bytes',
    /at most 512/,
    Array.from({ length: 5 }, () => 'p'.repeat(200)),
  ),
  nested('a .git folder below', GIT_FINDS, ['a', '.git', 'config']),
  nested('hooks below .git', GIT_FINDS, ['.git', 'hooks', 'post-checkout']),
  files('more files than the quota', /refused: 5\d{3} files, at most 5000 \(quota files, yard\.yml\)/, () =>
    Object.fromEntries(Array.from({ length: 5_100 }, (_, n) => [`many/${n}.txt`, `${n}`])),
  ),
  files('more bytes than the quota', /refused: 61 MiB of files, at most 48 MiB \(quota tree, yard\.yml\)/, () =>
    Object.fromEntries(
      Array.from({ length: 4 }, (_, n) => [
        `z${n}`,
        Buffer.concat([Buffer.alloc(ZEROS + 200_000), Buffer.from(`${n}`)]),
      ]),
    ),
  ),
  files('one file that is too large', /a file may have at most 16 MiB/, () => ({
    big: Buffer.alloc(20 * 1024 * 1024),
  })),
  files('a hundred megabytes of zeros in a small pack', /quota tree|a file may have at most/, () => ({
    zeros: Buffer.alloc(100 * 1024 * 1024),
  })),
  {
    title: 'ten billion files by a few small trees',
    act: (arena) => bomb(arena, { width: 10, depth: 10 }),
    says: /quota files/,
  },
  {
    title: 'ten thousand files by two small trees',
    act: (arena) => bomb(arena, { width: 100, depth: 2 }),
    says: /quota files/,
  },
  {
    title: 'a commit whose tree is a blob',
    act: async (arena) => arena.pushCommit(await rawCommit(arena, `tree ${await blob(arena)}\n`)),
    says: /fsck|rejected|not a tree|refus/,
  },
  {
    title: 'a commit whose tree is missing',
    act: async (arena) => arena.pushCommit(await rawCommit(arena, `tree ${'e'.repeat(40)}\n`)),
    says: /rejected|missing|unable|fatal|bad tree/,
  },
  {
    title: 'a tag object as a branch',
    act: async (arena) => arena.pushCommit(await tagObject(arena)),
    says: /rejected|not a commit|non-commit|error|refus/,
  },
  {
    title: 'a blob as a branch',
    act: async (arena) => arena.pushCommit(await blob(arena)),
    says: /rejected|not a commit|non-commit|error|refus/,
  },
  {
    title: 'a commit with a zero in its message',
    act: async (arena) =>
      arena.pushCommit(await rawCommit(arena, `tree ${await arena.ask(['rev-parse', 'HEAD^{tree}'])}\n`, 'a\0b')),
    says: /nulInCommit|fsck|rejected|refused/,
  },
  {
    title: 'a commit with an author out of range',
    act: async (arena) =>
      arena.pushCommit(
        await arena.object(
          'commit',
          `tree ${await arena.ask(['rev-parse', 'HEAD^{tree}'])}\nauthor A <a> 99999999999999999999 +0000\ncommitter A <a> 1 +0000\n\nx`,
        ),
      ),
    says: /badDate|fsck|rejected/,
  },
  ...PACKS.map(([title, bytes]) => ({
    title: `a pack ${title}`,
    act: (arena: Arena) => pushPack(arena, bytes()),
    says: PACK_REFUSED,
  })),
]

async function gitmodules(arena: Arena, text: string): Promise<Said> {
  return await arena.pushTree(['100644', '.gitmodules', await blob(arena, text)], ['160000', 'a', 'a'.repeat(40)])
}

/** The parent of a file is a link in the same tree: what a careless checkout writes through. */
async function linkAndFolder(arena: Arena): Promise<Said> {
  const inside = await arena.tree(['100644', 'target', await blob(arena, 'overwritten')])
  return await arena.pushTree(
    ['120000', 'a', await blob(arena, arena.target.replace(/\/target$/, ''))],
    ['40000', 'a', inside],
  )
}

async function rawCommit(arena: Arena, head: string, message = 'x'): Promise<string> {
  return await arena.object('commit', `${head}author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n${message}\n`)
}

async function tagObject(arena: Arena): Promise<string> {
  return await arena.object(
    'tag',
    `object ${await arena.ask(['rev-parse', 'HEAD'])}\ntype commit\ntag x\ntagger A <a@b> 1 +0000\n\nx\n`,
  )
}
