import assert from 'node:assert/strict'
import { createHostCheck } from './host-names.ts'

describe('the name by which the viewer is called', () => {
  const isOurs = createHostCheck('Logs.example')
  const names: [header: string | undefined, allowed: boolean][] = [
    ['127.0.0.1:8088', true],
    ['10.1.2.3', true],
    ['[::1]:8088', true],
    ['localhost:8088', true],
    ['LOCALHOST', true],
    ['logs.example:8088', true],
    ['elsewhere.example:8088', false],
    ['localhost.elsewhere.example', false],
    ['127.0.0.1.elsewhere.example', false],
    ['127.0.0.1@elsewhere.example', false],
    ['127.0.0.1:8088:80', false],
    ['[elsewhere.example]', false],
    ['::1', false],
    ['', false],
    [undefined, false],
  ]
  for (const [header, allowed] of names) {
    it(`is ${allowed ? 'ours' : 'refused'}: ${header}`, () => assert.equal(isOurs(header), allowed))
  }
})
