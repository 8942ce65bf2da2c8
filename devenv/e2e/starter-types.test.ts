// A new repository as an editor opens it: with `edgeyard.d.ts` beside the script, and Node's types installed.
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
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

describe('the script surface', () => {
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc')
  const strict = ['--noEmit', '--strict', '--erasableSyntaxOnly', '--target', 'es2023', '--module', 'nodenext']

  for (const [where, withNode, libraries] of [
    ["with Node's types", true, ['--lib', 'ES2023', '--types', 'node']],
    ['alone in an editor', false, ['--lib', 'ES2023,DOM']],
  ] as const) {
    it(`has no wrong type, and neither has an example of it, ${where}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'surface-types-'))
      try {
        const surface = await readFile(join(projectRoot, 'servers/contract/script.ts'), 'utf8')
        await writeFile(join(folder, 'edgeyard.d.ts'), surface)
        await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
        if (withNode) await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
        const examples = examplesOf(surface)
        assert.ok(examples.length > 10)
        const files = examples.map((_, index) => `example-${index}.ts`)
        await Promise.all(files.map((file, index) => writeFile(join(folder, file), examples[index]!)))
        const args = [tsc, ...strict, ...libraries, 'edgeyard.d.ts', ...files]
        const { exitCode, stdout } = await runCommand({ file: process.execPath, args, cwd: folder })
        assert.equal(exitCode, 0, stdout.toString())
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})

function examplesOf(surface: string): string[] {
  return [...surface.matchAll(/\* ```ts\n(.*?)\n\s*\* ```/gs)].map(([, commented = '']) => {
    const code = commented.replace(/^ *\* ?/gm, '').replace(/^import .*\n/m, '')
    return `import type { HttpScript, SocketScript } from './edgeyard.d.ts'\n${code}`
  })
}
