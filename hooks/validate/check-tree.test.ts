import assert from 'node:assert/strict'
import { checkTree } from './check-tree.ts'
import { DEPTH_MAX, FILE_BYTES_MAX, PATH_BYTES_MAX } from './limits.ts'

const QUOTAS = { tree: 48 * 1024 * 1024, files: 5_000 }

const ID = 'a'.repeat(40)

interface Entry {
  readonly mode?: string
  readonly size?: number | string
  readonly path: string | Buffer
}

function listing(...entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ mode = '100644', size = 1, path }) => [
      Buffer.from(`${mode} ${mode === '160000' ? 'commit' : 'blob'} ${ID} ${String(size).padStart(7)}\t`),
      Buffer.from(path as string),
      Buffer.of(0),
    ]),
  )
}

describe('checkTree', () => {
  it('gives the files with their sizes, spaces and all', () => {
    const files = checkTree(
      listing({ path: 'src/main.ts', size: 12 }, { path: 'public/größe 🎈.txt', mode: '100755' }),
      QUOTAS,
    )
    assert.deepEqual(files, [
      { path: 'src/main.ts', id: ID, bytes: 12 },
      { path: 'public/größe 🎈.txt', id: ID, bytes: 1 },
    ])
    assert.deepEqual(checkTree(Buffer.alloc(0), QUOTAS), [])
  })

  const REFUSED: readonly (readonly [title: string, entry: Entry, says: RegExp])[] = [
    ['a link', { path: 'a', mode: '120000' }, /symbolic link/],
    ['a submodule', { path: 'a', mode: '160000', size: '-' }, /submodule/],
    ['a mode nobody knows', { path: 'a', mode: '104755' }, /git calls it blob 104755/],
    ['a way out', { path: '../a' }, /leads elsewhere/],
    ['a way out in the middle', { path: 'a/../../b' }, /leads elsewhere/],
    ['an absolute path', { path: '/etc/passwd' }, /leads elsewhere/],
    ['an empty name', { path: 'a//b' }, /leads elsewhere/],
    ['a .git folder', { path: 'a/.GIT/config' }, /\.git folder/],
    ['a newline', { path: 'a\nb' }, /control character/],
    ['text turned around', { path: 'a\u202egpj.ts' }, /hide, or turn text/],
    ['an 8-bit control', { path: 'a\u0085b' }, /hide, or turn text/],
    ['a backslash', { path: '..\\a' }, /backslash/],
    ['bytes that are no UTF-8', { path: Buffer.from([0x61, 0xff]) }, /not UTF-8/],
    ['a path that is too long', { path: `${'a/'.repeat(300)}b` }, new RegExp(`at most ${PATH_BYTES_MAX}`)],
    ['a name that is too long', { path: 'a'.repeat(300) }, /longer than 255 bytes/],
    ['too many folders', { path: `${'a/'.repeat(DEPTH_MAX)}b` }, /folders deep/],
    ['the folder that is made here', { path: 'build/src/main.js' }, /build\/ is made here/],
    [
      'a file that is too large',
      { path: 'a', size: FILE_BYTES_MAX + 1 },
      /it has 17 MiB, a file may have at most 16 MiB/,
    ],
    ['a file without a size', { path: 'a', size: '-' }, /size is unknown/],
  ]
  for (const [title, entry, says] of REFUSED) {
    it(`refuses ${title}`, () => {
      assert.throws(() => checkTree(listing({ path: 'ok' }, entry), QUOTAS), { code: 'TREE_REFUSED', message: says })
    })
  }

  it('refuses too many files, and too much of them together', () => {
    const many = Array.from({ length: QUOTAS.files + 1 }, (_, index) => ({ path: `f${index}` }))
    assert.throws(
      () => checkTree(listing(...many), QUOTAS),
      /refused: 5001 files, at most 5000 \(quota files, yard\.yml\)/,
    )
    const count = Math.floor(QUOTAS.tree / FILE_BYTES_MAX) + 1
    const large = Array.from({ length: count }, (_, index) => ({ path: `f${index}`, size: FILE_BYTES_MAX }))
    assert.throws(
      () => checkTree(listing(...large), QUOTAS),
      /refused: 64 MiB of files, at most 48 MiB \(quota tree, yard\.yml\)/,
    )
  })
})
