// Holds the map of the house against the code: which room may import which, and which folder is home to each library.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const ROOMS = ['servers', 'templates', 'hooks', 'devenv', 'logs-viewer']

/** What a room may import beside itself. */
const DOORS: Record<string, readonly string[]> = {
  hooks: ['devenv/control', 'devenv/exec', 'devenv/sandbox', 'devenv/git', 'templates', 'servers/contract'],
  devenv: ['templates', 'servers/contract'],
  templates: ['servers/contract'],
  'logs-viewer': ['servers/contract'],
  servers: [],
}

/** Where each outside library is at home. Nobody else imports it; tests may. */
const HOMES: Record<string, readonly string[]> = {
  'uWebSockets.js': ['servers/transport'],
  ws: ['servers/transport'],
  '@duckdb/node-api': ['logs-viewer/store'],
  ioredis: ['servers/stores'],
  mysql2: ['servers/stores'],
  '@fastify/busboy': ['servers/runtime/script'],
  winston: ['servers/log'],
  'winston-syslog': ['servers/log'],
  'winston-transport': ['servers/log'],
  handlebars: ['templates'],
  yaml: ['templates', 'devenv/settings'],
  'simple-git': ['hooks', 'devenv/git'],
  esbuild: ['hooks/build'],
  'oxc-parser': ['hooks/docs'],
  ssh2: ['devenv/ssh', 'devenv/developers'],
  commander: ['devenv/cli.ts', 'devenv/commands'],
  'write-file-atomic': ['devenv'],
  lit: ['logs-viewer/web'],
  nodemailer: ['logs-viewer/alerts'],
  'node:child_process': ['devenv/exec', 'servers/runtime/workers'],
}

/** A developer's page and scripts are theirs; a test, a bench, a soak and a whole-yard test may reach for anything. */
const FREE =
  /\.(test|fixture)\.ts$|^devenv\/(e2e|bench|soak)\/|\/starter\/|^servers\/(testing|fuzz|transport\/contract)\/|^hooks\/testing\//

describe('the doors between the rooms', () => {
  const files = ROOMS.filter((room) => existsSync(join(root, room)))
    .flatMap((room) => sources(join(root, room)))
    .filter((file) => !FREE.test(file))

  it('are the only places where one room imports another', () => {
    const broken = files.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(root, resolve(root, dirname(file), name)))
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}`),
    )
    assert.deepEqual(broken, [])
  })

  it('keep each library in its one home folder', () => {
    const broken = files.flatMap((file) =>
      imports(file)
        .filter((name) => !name.startsWith('.'))
        .filter((name) => {
          const home = HOMES[packageOf(name)]
          if (home === undefined) return !name.startsWith('node:') && name !== 'edgeyard'
          return !home.some((folder) => within(file, folder))
        })
        .map((name) => `${file} imports ${name}`),
    )
    assert.deepEqual(broken, [])
  })
})

function mayImport(file: string, target: string): boolean {
  const room = roomOf(file)
  return roomOf(target) === room || (DOORS[room] ?? []).some((door) => within(target, door))
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** `mysql2/promise` is mysql2, `@scope/name/deep` is @scope/name, `node:fs` stays itself. */
function packageOf(name: string): string {
  if (name.startsWith('node:')) return name
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"`]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s*['"]([^'"]+)['"]/gm,
  )
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => relative(root, join(folder, name)))
    .filter((name) => name.endsWith('.ts'))
}
