import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext } from 'ssh2'
import { addDeveloper } from '../developers/developers.ts'
import { addKey } from '../developers/keys.ts'
import { type YardLayout, yardLayout } from '../sandbox/layout.ts'
import { judgeAttempt } from './login.ts'
import { makeKeyPair } from './make-key-pair.ts'
import { parsePublicKey } from './public-key.ts'

const { generateKeyPairSync, parseKey } = ssh2.utils
const signed = Buffer.from('what a session is')

/** An attempt that names `key`, signed by the private half of `by`. */
const attempt = (key: string, by?: string, more: object = {}): AuthContext => {
  const { type, blob: data } = parsePublicKey(key)
  const signer = by === undefined ? undefined : parseKey(by)
  if (signer instanceof Error) throw signer
  const signature = signer?.sign(signed)
  const proof = signature === undefined ? {} : { signature, blob: signed }
  return {
    method: 'publickey',
    username: 'git',
    key: { algo: type, data },
    ...proof,
    ...more,
  } as unknown as AuthContext
}

describe('judgeAttempt', () => {
  const ana = makeKeyPair()
  const bob = makeKeyPair()
  const rsa = generateKeyPairSync('rsa', { bits: 2048 })
  let root: string
  let layout: YardLayout
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeyard-login-'))
    layout = yardLayout(root)
    for (const [name, { public: key }] of Object.entries({ ana, bob, carol: rsa })) {
      await addDeveloper(layout, name)
      await addKey(layout, name, key)
    }
  })
  after(() => rm(root, { recursive: true, force: true }))

  it('knows whoever signed with a key of theirs', async () => {
    const judged = await judgeAttempt(layout, attempt(ana.public, ana.private))
    assert.equal(judged.kind === 'proven' && judged.identity.developer, 'ana')
    assert.equal(judged.kind === 'proven' && judged.identity.fingerprint, parsePublicKey(ana.public).fingerprint)
  })

  it('takes an offered key for an offer, never for an identity', async () => {
    assert.deepEqual(await judgeAttempt(layout, attempt(ana.public)), { kind: 'offered' })
  })

  it("refuses one developer's key with another's signature, although both are known", async () => {
    assert.deepEqual(await judgeAttempt(layout, attempt(ana.public, bob.private)), { kind: 'refused' })
  })

  it('refuses a signature over something else, or of nothing', async () => {
    const other = Buffer.from('what another session is')
    assert.deepEqual(await judgeAttempt(layout, attempt(ana.public, ana.private, { blob: other })), { kind: 'refused' })
    const empty = { signature: Buffer.alloc(0), blob: signed }
    assert.deepEqual(await judgeAttempt(layout, attempt(ana.public, undefined, empty)), { kind: 'refused' })
  })

  it('refuses a key whose type is not what the client says, and RSA with SHA-1', async () => {
    const { blob: data } = parsePublicKey(rsa.public)
    const posing = { key: { algo: 'ssh-ed25519', data } }
    assert.deepEqual(await judgeAttempt(layout, attempt(rsa.public, rsa.private, posing)), { kind: 'refused' })
    assert.deepEqual(await judgeAttempt(layout, attempt(rsa.public, rsa.private)), { kind: 'refused' })
  })

  it('refuses a key that is nobody’s or not a key, and every other method', async () => {
    const nobody = generateKeyPairSync('ed25519')
    assert.deepEqual(await judgeAttempt(layout, attempt(nobody.public, nobody.private)), { kind: 'refused' })
    const broken = { key: { algo: 'ssh-ed25519', data: Buffer.from('x') } }
    assert.deepEqual(await judgeAttempt(layout, attempt(ana.public, undefined, broken)), { kind: 'refused' })
    for (const method of ['none', 'password', 'keyboard-interactive', 'hostbased']) {
      assert.deepEqual(await judgeAttempt(layout, attempt(ana.public, ana.private, { method })), { kind: 'refused' })
    }
  })
})
