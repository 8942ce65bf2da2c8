import assert from 'node:assert/strict'
import { makeKeyPair } from './make-key-pair.ts'
import { parsePublicKey } from './public-key.ts'

describe('a new key pair', () => {
  it('can be read, every one of a thousand', () => {
    for (let i = 0; i < 1000; i++) assert.equal(parsePublicKey(makeKeyPair().public).type, 'ssh-ed25519')
  })
})
