import assert from 'node:assert/strict'
import { commandName } from './command-name.ts'

describe('how edgeyard is called', () => {
  const cases = [
    ['installed on the PATH', '/usr/local/bin/edgeyard', {}, 'edgeyard'],
    ['started by npx', '/home/ana/edgeyard/node_modules/.bin/edgeyard', { npm_command: 'exec' }, 'npx edgeyard'],
    ['started by npm start', '/home/ana/edgeyard/dist/devenv/cli.js', { npm_command: 'run-script' }, 'npx edgeyard'],
    ['started by hand from a checkout', '/home/ana/edgeyard/dist/devenv/cli.js', {}, 'npx edgeyard'],
  ] as const
  for (const [what, script, environment, name] of cases) {
    it(`is "${name}" when it is ${what}`, () => assert.equal(commandName(script, environment), name))
  }
})
