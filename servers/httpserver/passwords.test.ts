import assert from 'node:assert/strict'
import { hashPassword, verifyPassword } from './starter/src/passwords.ts'

describe('passwords', () => {
  it('are right when they are the same, and stored with a salt of their own and the cost', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    assert.match(one, /^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/)
    assert.notEqual(one, two)
    assert.equal(await verifyPassword('correct horse', one), true)
    assert.equal(await verifyPassword('correct horsf', one), false)
  })

  it('are the same however the keyboard composes them', async () => {
    assert.equal(await verifyPassword('pa\u0073\u0301word', await hashPassword('pa\u015bword')), true)
  })

  it('that were hashed at another cost stay good', async () => {
    // The vector of RFC 7914, section 12, cut to our length: scrypt("password", "NaCl", N=1024, r=8, p=16).
    const known = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex')
    const stored = `$scrypt$ln=10,r=8,p=16$${base64('NaCl')}$${base64(known)}`
    assert.equal(await verifyPassword('password', stored), true)
  })

  const unusable = ['', 'plain', '$scrypt$ln=30,r=8,p=1$c2FsdA$aGFzaA', '$argon2id$v=19$m=1$c2FsdA$aGFzaA']
  for (const stored of [undefined, ...unusable]) {
    it(`are wrong, after the same work, when ${stored === undefined ? 'there is no user' : `"${stored}" is stored`}`, async () => {
      assert.equal(await verifyPassword('password', stored), false)
    })
  }
})

function base64(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
