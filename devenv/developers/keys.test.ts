import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { makeKeyPair } from '../ssh/make-key-pair.ts'
import { parsePublicKey, renderPublicKey } from '../ssh/public-key.ts'
import { addDeveloper, removeDeveloper } from './developers.ts'
import { addKey, readKeys, removeKey, stillHasKey, whoHasKey } from './keys.ts'

const { generateKeyPairSync } = ssh2.utils
const ed25519 = (comment = '') => makeKeyPair({ comment })

describe('keys', () => {
  let root: string
  let layout: YardLayout
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-keys-'))
    layout = yardLayout(root)
    await addDeveloper(layout, 'ana')
    await addDeveloper(layout, 'bob')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('belongs to the developer it was added for, in a file nobody else can read', async () => {
    const pair = ed25519('ana@laptop')
    const [added] = await addKey(layout, 'ana', pair.public)
    assert.match(added?.fingerprint ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/)
    assert.equal(added?.comment, 'ana@laptop')
    assert.equal(await whoHasKey(layout, added!.blob), 'ana')
    assert.equal(await whoHasKey(layout, parsePublicKey(ed25519().public).blob), null)
    assert.equal((await stat(layout.keysOf('ana'))).mode & 0o777, 0o600)
    assert.equal(await readFile(layout.keysOf('ana'), 'utf8'), `${pair.public.trim()}\n`)
  })

  it('takes ed25519, ECDSA and RSA from 2048 bits', async () => {
    const keys = [
      ed25519().public,
      generateKeyPairSync('ecdsa', { bits: 256 }).public,
      generateKeyPairSync('ecdsa', { bits: 521 }).public,
      generateKeyPairSync('rsa', { bits: 2048 }).public,
    ]
    assert.equal((await addKey(layout, 'ana', keys.join('\n'))).length, 4)
    assert.throws(() => parsePublicKey(generateKeyPairSync('rsa', { bits: 1024 }).public), /2048 bits or more/)
  })

  it('says what is wrong with what is not a plain public key', async () => {
    const { public: good, private: secret } = ed25519()
    const body = good.split(' ')[1] ?? ''
    const table: [string, RegExp][] = [
      [secret, /private key/],
      ['PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none', /private key/],
      [`command="x" ${good}`, /options/],
      [`no-pty,restrict ${good}`, /options/],
      [good.replace('ssh-ed25519', 'ssh-ed25519-cert-v01@openssh.com'), /certificates/],
      [good.replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com'), /security tokens/],
      [good.replace('ssh-ed25519', 'ssh-rsa'), /damaged/],
      [`ssh-ed25519 ${body.slice(0, 20)}`, /damaged/],
      ['ssh-ed25519', /damaged/],
      [`ssh-dss ${body}`, /DSA/],
      ['hello', /must begin with/],
      ['# only a remark\n\n', /there is none/],
      [`ssh-ed25519 ${'A'.repeat(9000)}`, /too long/],
    ]
    for (const [text, message] of table) {
      await assert.rejects(addKey(layout, 'ana', text), { code: 'KEY_INVALID', message }, text)
    }
    assert.equal((await readKeys(layout, 'ana')).keys.length, 0)
  })

  it('adds all lines of a text or none', async () => {
    await assert.rejects(addKey(layout, 'ana', `${ed25519().public}\nnonsense`), { code: 'KEY_INVALID' })
    assert.equal((await readKeys(layout, 'ana')).keys.length, 0)
  })

  it('is one developer only; adding it to the same one twice changes nothing', async () => {
    const { public: key } = ed25519('x')
    await addKey(layout, 'ana', key)
    await assert.rejects(addKey(layout, 'bob', key), /ana's key already/)
    assert.deepEqual(await addKey(layout, 'ana', key.replace(' x', ' renamed')), [])
    assert.equal((await readKeys(layout, 'ana')).keys.length, 1)
  })

  it('proves nothing when a hand-edited file gives it to two, or its developer has gone', async () => {
    const [key] = await addKey(layout, 'ana', ed25519().public)
    await writeFile(layout.keysOf('bob'), renderPublicKey(key!))
    assert.equal(await whoHasKey(layout, key!.blob), null)
    await rm(layout.keysOf('bob'))
    assert.equal(await whoHasKey(layout, key!.blob), 'ana')
    assert.equal(await stillHasKey(layout, 'ana', key!.blob), true)
    assert.equal(await stillHasKey(layout, 'bob', key!.blob), false)
    await removeDeveloper(layout, 'ana')
    assert.equal(await whoHasKey(layout, key!.blob), null)
    assert.equal(await stillHasKey(layout, 'ana', key!.blob), false)
  })

  it('does not count in a line with options, a remark, or a file of no developer', async () => {
    const line = ed25519().public
    const { blob } = parsePublicKey(line)
    await addKey(layout, 'ana', ed25519().public)
    for (const text of [`from="*" ${line}`, `# ${line}`]) {
      await writeFile(layout.keysOf('ana'), text)
      assert.equal(await whoHasKey(layout, blob), null, text)
    }
    await writeFile(join(layout.keys, 'Other Name.pub'), line)
    await writeFile(join(layout.keys, 'carol.pub'), line)
    assert.equal(await whoHasKey(layout, blob), null)
  })

  it("keeps the operator's own remarks and shows the lines that are not keys", async () => {
    const first = ed25519('one').public.trim()
    await addKey(layout, 'ana', first)
    await writeFile(layout.keysOf('ana'), `# the laptop\n${first}\nnonsense\n`)
    const [second] = await addKey(layout, 'ana', ed25519('two').public)
    const { keys, diagnostics } = await readKeys(layout, 'ana')
    assert.deepEqual(
      keys.map(({ comment }) => comment),
      ['one', 'two'],
    )
    assert.deepEqual(
      diagnostics.map(({ file, line }) => `${file}:${line}`),
      ['ana.pub:3'],
    )
    await removeKey(layout, 'ana', 'one')
    assert.equal(await readFile(layout.keysOf('ana'), 'utf8'), `# the laptop\nnonsense\n${renderPublicKey(second!)}\n`)
  })

  it('is removed by its fingerprint, its comment or its .pub file', async () => {
    const pairs = ['a', 'b', 'c'].map((comment) => ed25519(comment).public)
    const added = await addKey(layout, 'ana', pairs.join('\n'))
    await removeKey(layout, 'ana', added[0]!.fingerprint)
    await removeKey(layout, 'ana', 'b')
    await removeKey(layout, 'ana', pairs[2]!)
    assert.deepEqual((await readKeys(layout, 'ana')).keys, [])
    await assert.rejects(removeKey(layout, 'ana', 'b'), { code: 'KEY_INVALID' })
  })

  it('needs a developer; master is one from the beginning', async () => {
    for (const name of ['carol', '../ana']) {
      await assert.rejects(addKey(layout, name, ed25519().public), { code: 'DEVELOPER_UNKNOWN' })
      await assert.rejects(removeKey(layout, name, 'x'), { code: 'DEVELOPER_UNKNOWN' })
    }
    assert.equal((await addKey(layout, 'master', ed25519().public)).length, 1)
  })

  it('cannot bring control characters to a terminal', () => {
    const line = ed25519().public.trim()
    assert.equal(parsePublicKey(`${line} a\u001b[31mb\u202ec`).comment, 'a[31mbc')
  })
})
