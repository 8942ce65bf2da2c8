// Names and refs: what git takes for a good branch name, and what is not a developer's to touch.
import { type Arena, type AttackCase, FLUSH, NOTHING, packet, type Said } from './arena.ts'

const MAY = /dev1 may push to refs\/heads\/dev1 and refs\/ctl/

/** Good branch names for git, all of them. */
const NAMES = [
  ...[
    '$(id)',
    '`id`',
    'a;id',
    'a&id',
    'a|id',
    "a'b",
    'a"b',
    'a>b',
    'a<b',
    '-x',
    '--help',
    '--upload-pack=id',
    'HEAD',
    '@',
  ],
  ...[
    'a%2fb',
    'a%00b',
    '#x',
    '!x',
    'DEV1',
    'Dev1',
    'dev',
    'dev2',
    'dev12',
    'dev1-2',
    'dev1x',
    'xdev1',
    'master',
    'types',
  ],
  ...['dev1/x', 'dev2/x', 'master/x', 'dev3/x', 'refs/heads/dev1', 'refs/heads/dev2', 'heads/dev1', 'origin/dev1'],
  ...[
    'a\u202eb',
    'dev1\u202e',
    'dеv1',
    'ｄｅｖ１',
    'dev1\u200b',
    'a\u009bb',
    'dev1\u0301',
    'x'.repeat(200),
    'y'.repeat(239),
    `${'d/'.repeat(60)}d`,
  ],
  ...['operator', 'all', 'edgeyard', 'constructor', '__proto__', 'toString'],
]

const PLACES = [
  ...[
    'refs/tags/v1',
    'refs/tags/dev1',
    'refs/tags/heads/dev1',
    'refs/notes/commits',
    'refs/replace/x',
    'refs/stash',
    'refs/remotes/origin/dev1',
  ],
  ...[
    'refs/live/socketserver/dev1',
    'refs/live/socketserver/dev2',
    'refs/log/socketserver/dev1',
    'refs/log/x',
    'refs/for/dev1',
    'refs/x/dev1',
  ],
  ...[
    'refs/ctl/nothing',
    'refs/ctl/restart/x',
    'refs/ctl/$(id)',
    'refs/ctl/down',
    'refs/ctl',
    'refs/ctlx/restart',
    'refs/heads',
    'refs/pull/1/head',
  ],
]

async function pushTo(arena: Arena, ref: string): Promise<Said> {
  // Forced, so that it is not git at the attacker's own end that refuses.
  return await arena.git(['push', '--force', 'origin', `HEAD:${ref}`])
}

/** The lines a client sends after the refs were told to it, made by hand: git would not send these. */
async function raw(arena: Arena, refs: readonly (string | Buffer)[], capabilities = 'report-status'): Promise<Said> {
  const head = await arena.ask(['rev-parse', 'HEAD'])
  const lines = refs.map((ref, index) =>
    packet(
      Buffer.concat([
        Buffer.from(`${NOTHING} ${head} `),
        Buffer.isBuffer(ref) ? ref : Buffer.from(ref, 'latin1'),
        Buffer.from(index === 0 ? `\0${capabilities}` : ''),
      ]),
    ),
  )
  // An empty pack, with its SHA-1: everything is there already.
  const pack = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex')
  const said = await arena.ssh(["git-receive-pack 'socketserver'"], {
    input: Buffer.concat([...lines, Buffer.from(FLUSH), pack]),
  })
  // git ends well when it has reported what it refused.
  const refused = /[0-9a-f]{4}ng |fatal|error|unpack (?!ok)/.test(said.output)
  return { exitCode: refused ? 1 : said.exitCode, output: plain(said.output) }
}

/** Without the listing of refs and the framing, whose zeros are no attack of ours. */
function plain(output: string): string {
  return output.replaceAll('\0', ' ').replace(/[\u0001-\u0003]/g, ' ')
}

const RAW: readonly (readonly [title: string, ref: string | Buffer, says?: RegExp])[] = [
  ['bytes that are no UTF-8', Buffer.from('refs/heads/a\xff\xfe', 'latin1')],
  ['other bytes that would be the same text', Buffer.from('refs/heads/a\xfe\xff', 'latin1')],
  ['the own name with a byte that is dropped in decoding', Buffer.from('refs/heads/dev1\xff', 'latin1')],
  ['a way up', 'refs/heads/../../config'],
  ['a way up to another branch', 'refs/heads/dev1/../dev2'],
  ['an absolute path', '/etc/passwd'],
  ['HEAD itself', 'HEAD'],
  ['the config', 'config'],
  ['a lock', 'refs/heads/dev1.lock'],
  ['a space', 'refs/heads/dev1 refs/heads/dev2'],
  ['a newline', 'refs/heads/dev1\nrefs/heads/dev2'],
  ['an escape sequence', 'refs/heads/\u001b[2J'],
  ['240 characters', `refs/heads/${'z'.repeat(240)}`],
  ['4000 characters', `refs/heads/${'z/'.repeat(2000)}z`],
  ['nothing', ''],
]

export const REF_CASES: readonly AttackCase[] = [
  ...NAMES.map((name) => ({
    title: `a branch called ${JSON.stringify(name.slice(0, 24))}`,
    act: (arena: Arena) => pushTo(arena, `refs/heads/${name}`),
    says: MAY,
  })),
  ...PLACES.map((ref) => ({
    title: `a push to ${ref}`,
    act: (arena: Arena) => changed(arena, (commit) => ['origin', `${commit}:${ref}`]),
    says: /may push|tags are not kept here|error|rejected/,
  })),
  ...RAW.map(
    ([title, ref, says = /ng refs|Cannot understand this line|fatal|protocol error|may push|refus|funny/]) => ({
      title: `a ref sent by hand: ${title}`,
      act: (arena: Arena) => raw(arena, [ref]),
      says,
    }),
  ),
  {
    title: 'the same ref twice',
    act: (arena) => raw(arena, ['refs/heads/dev1', 'refs/heads/dev1']),
    says: /ng |multiple updates|refused|moved/,
  },
  {
    title: 'a hundred refs of nobody',
    act: (arena) =>
      raw(
        arena,
        Array.from({ length: 100 }, (_, n) => `refs/heads/n${n}`),
      ),
    says: /and 92 refs more/,
  },
  {
    title: 'a mirror of a clone',
    act: (arena) => arena.git(['push', '--mirror', 'origin']),
    says: /refused: refs\/heads\/dev2/,
  },
  {
    title: 'all branches, pruned',
    act: (arena) => arena.git(['push', '--prune', 'origin', 'refs/heads/*:refs/heads/*']),
    says: /refused: refs\/heads\/dev2/,
  },
  {
    title: 'the deletion of the own branch',
    act: (arena) => arena.git(['push', '--delete', 'origin', 'dev1']),
    says: /cannot be deleted/,
  },
  {
    title: "the deletion of another's branch",
    act: (arena) => arena.git(['push', 'origin', ':refs/heads/dev2']),
    says: MAY,
  },
  {
    title: 'the deletion of master',
    act: (arena) => arena.git(['push', '--force', 'origin', ':refs/heads/master']),
    says: MAY,
  },
  {
    title: 'the deletion of what is not there',
    act: (arena) => arena.git(['push', 'origin', ':refs/heads/nobody']),
    says: MAY,
  },
  {
    title: "another's branch, by force",
    act: (arena) => arena.git(['push', '--force', 'origin', 'HEAD:refs/heads/dev2']),
    says: MAY,
  },
  {
    title: "another's branch with a lease",
    act: (arena) => arena.git(['push', '--force-with-lease=dev2', 'origin', 'HEAD:refs/heads/dev2']),
    says: MAY,
  },
  {
    title: "the own branch and another's, atomically",
    act: (arena) =>
      changed(arena, (commit) => ['--atomic', 'origin', `${commit}:refs/heads/dev1`, `${commit}:refs/heads/dev2`]),
    says: /refused: refs\/heads\/dev2/,
  },
  {
    title: "the own branch and another's, one by one",
    act: (arena) => changed(arena, (commit) => ['origin', `${commit}:refs/heads/dev1`, `${commit}:refs/heads/dev2`]),
    says: /refused: refs\/heads\/dev2/,
  },
  {
    title: 'the own branch with a tag',
    act: (arena) => changed(arena, (commit) => ['origin', `${commit}:refs/heads/dev1`, `${commit}:refs/tags/t1`]),
    says: /tags are not kept here/,
  },
  {
    title: 'the own branch with a verb',
    act: (arena) => changed(arena, (commit) => ['origin', `${commit}:refs/heads/dev1`, `${commit}:refs/ctl/stop`]),
    says: /one verb a push/,
  },
  {
    title: 'two verbs at once',
    act: (arena) => arena.git(['push', 'origin', 'HEAD:refs/ctl/stop', 'HEAD:refs/ctl/restart']),
    says: /one verb a push/,
  },
  {
    title: 'the deletion of a verb',
    act: (arena) => arena.git(['push', 'origin', ':refs/ctl/stop']),
    says: /may push|refused|rejected/,
  },
  {
    title: 'a verb of the common library',
    act: (arena) => arena.git(['push', url(arena, 'common'), 'HEAD:refs/ctl/restart']),
    says: /operator only/,
  },
  {
    title: 'a branch of the common library',
    act: (arena) => arena.git(['push', url(arena, 'common'), 'HEAD:refs/heads/dev1']),
    says: /operator only/,
  },
  {
    title: "scripts into serverctrl's own branch",
    act: (arena) => arena.git(['push', '--force', url(arena, 'serverctrl'), 'HEAD:refs/heads/dev1']),
    says: /refused/,
  },
  {
    title: "serverctrl's master",
    act: (arena) => arena.git(['push', '--force', url(arena, 'serverctrl'), 'HEAD:refs/heads/master']),
    says: /may push/,
  },
  {
    title: 'httpserver of one who has none',
    act: (arena) => arena.git(['push', url(arena, 'httpserver'), 'HEAD:refs/heads/dev1']),
    says: /no httpserver of their own/,
  },
]

function url({ port }: Arena, repository: string): string {
  return `ssh://git@127.0.0.1:${port}/${repository}`
}

/** A push of a commit that would be a good one by itself. */
async function changed(arena: Arena, args: (commit: string) => readonly string[]): Promise<Said> {
  const commit = await arena.commitTree(await arena.ask(['rev-parse', 'HEAD^{tree}']), `Good, but ${Math.random()}`)
  return await arena.git(['push', '--force', ...args(commit)])
}
