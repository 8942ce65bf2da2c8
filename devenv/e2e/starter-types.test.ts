// A new repository as an editor opens it: with `edgeyard.d.ts` beside the script, and Node's types installed.
import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVERS } from '../../servers/contract/names.ts'
import { runCommand } from '../exec/run-command.ts'

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

describe('the starter of a new repository', () => {
  for (const server of SERVERS) {
    it(`has no wrong type, ${server}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'starter-types-'))
      try {
        await cp(join(projectRoot, 'servers', server, 'starter'), folder, { recursive: true })
        await cp(join(projectRoot, 'servers/contract/script.ts'), join(folder, 'edgeyard.d.ts'))
        await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
        const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc')
        const { exitCode, stdout } = await runCommand({ file: process.execPath, args: [tsc, '-p', folder] })
        assert.equal(exitCode, 0, stdout.toString())
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})
