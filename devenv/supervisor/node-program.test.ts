import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../e2e/yard.ts'
import { DAEMON_ENVIRONMENT, DAEMON_NODE_FLAGS } from './node-program.ts'

describe('npm start', () => {
  it('gives its daemon what every other one is given', () => {
    const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
    const environment = Object.entries(DAEMON_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
    assert.equal(scripts.start, [...environment, 'node', ...DAEMON_NODE_FLAGS, 'dist/devenv/cli.js up'].join(' '))
  })
})
