// A yard with as many developers as push at once, each with a key and two work trees: a small one, and one of 3,000 files.
import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addMissingDevelopers } from '../../developers/developers.ts'
import { namedScript } from '../../e2e/scripts.ts'
import { Clone, findPortBlock, keptOptions, type Run, run, TestYard } from '../../e2e/yard.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { createClassic } from './classic.ts'
import type { Pusher } from './pushes.ts'

/** How many files the large work tree has. */
export const MANY_FILES = 3000

export interface PushYard {
  readonly yard: TestYard
  /** The developers of the yard. */
  readonly names: readonly string[]
  /** The first developer's command over fresh ssh. */
  ssh(...words: readonly string[]): Promise<Run>
  /** Ends a connection that is kept open. */
  closeKept(): Promise<void>
  /** Over a way: who pushes, the first `count` developers of the yard. */
  pushers(way: Way, files: number, count: number): Promise<readonly Pusher[]>
  stop(): Promise<void>
}

/** From so many developers on a block of ports is too small. */
const RANGED_FROM = 50
const RANGES_FROM = 11_000
const RANGE = 400

export const WAYS = ['fresh ssh', 'kept-open ssh', 'local path', 'classic script, local path'] as const
export type Way = (typeof WAYS)[number]

/** `first`: done while there is nobody but master; who is there later begins with it. */
export async function createPushYard(developers: number, first?: (yard: TestYard) => Promise<void>): Promise<PushYard> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeyard-bench-'))
  const yard = new TestYard(folder, await findPortBlock())
  const names = Array.from({ length: developers }, (_, n) => `dev${n + 1}`)
  const ends: (() => Promise<unknown>)[] = [
    async () => rmSync(folder, { recursive: true, force: true }),
    () => yard.cli('down'),
  ]
  let stopping: Promise<void> | undefined
  const endAll = async () => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
  }
  // After Ctrl-C the bench fails as well, and must not end before everything else has.
  const stop = () => {
    stopping ??= endAll()
    return stopping
  }
  // A yard outlives whoever started it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop().finally(() => process.exit(130)))
  const made = new Map<string, Promise<Pusher>>()
  try {
    await mkdir(yard.root, { recursive: true })
    // Below the ports that outgoing connections take, and above what many developers need.
    const ranges = ['httpserver', 'socketserver', 'dtserver', 'redis'].map((kind, n) => {
      const from = RANGES_FROM + n * RANGE
      return `  ${kind}: ${from}-${from + RANGE - 1}`
    })
    const ports = developers < RANGED_FROM ? [] : ['ports:', ...ranges]
    const settings = (initial: readonly string[]) =>
      [`developers_initial: [${initial.join(', ')}]`, ...ports, ''].join('\n')
    await writeFile(join(yard.root, 'yard.yml'), settings(first === undefined ? names : []))
    await yard.up()
    if (first !== undefined) {
      await first(yard)
      await yard.do('down')
      await addMissingDevelopers(yardLayout(yard.root), names)
      await yard.up()
    }
    // Where `dev key add` would put it: the command line takes half a second for each.
    await mkdir(join(yard.root, 'keys'), { recursive: true, mode: 0o700 })
    for (const name of names) await copyFile(await yard.makeKey(name), join(yard.root, 'keys', `${name}.pub`))
  } catch (error) {
    await stop()
    throw error
  }
  const { ssh } = await yard.status()
  const address = `ssh://git@${ssh.host}:${ssh.port}/socketserver`
  const { sandboxes } = await yard.status()
  const trees = new Map<string, Promise<Clone>>()
  const treeOf = (name: string, files: number): Promise<Clone> => {
    const key = `${name} ${files}`
    const tree = trees.get(key) ?? workTree(yard, name, files)
    trees.set(key, tree)
    return tree
  }
  const ofYard = async (way: Way, name: string, files: number): Promise<Pusher> => {
    const remote = way === 'local path' ? join(yard.root, 'git/socketserver.git') : address
    const { url } = sandboxes.find(({ server, developer }) => server === 'socketserver' && developer === name)!
    const args = [remote, `+HEAD:refs/heads/${name}`]
    const env = way === 'kept-open ssh' ? yard.keptEnvironment(name) : yard.gitEnvironment(name)
    return { clone: await treeOf(name, files), url: url.replace('ws:', 'http:'), args, env, said: async () => '' }
  }
  const classicPorts = await findPortBlock()
  const classicOf = async (name: string, files: number): Promise<Pusher> => {
    const port = classicPorts + 2 * names.indexOf(name) + (files === 1 ? 0 : 1)
    const classic = await createClassic(join(folder, `classic-${files}-${name}`), port)
    ends.push(() => classic.stop())
    const args = [classic.repository, '+HEAD:refs/heads/master']
    const env = yard.gitEnvironment(name)
    return { clone: await treeOf(name, files), url: classic.url, args, env, said: classic.log }
  }
  return {
    yard,
    names,
    stop,
    ssh(...words) {
      const [file = '', ...args] = (yard.gitEnvironment(names[0]!).GIT_SSH_COMMAND ?? '').split(' ')
      return run(file, [...args, '-p', `${ssh.port}`, `git@${ssh.host}`, ...words])
    },
    pushers(way, files, count) {
      return Promise.all(
        names.slice(0, count).map((name) => {
          const key = `${way} ${files} ${name}`
          const known = made.get(key) ?? (way.startsWith('classic') ? classicOf(name, files) : ofYard(way, name, files))
          made.set(key, known)
          return known
        }),
      )
    },
    async closeKept() {
      for (const name of names) {
        const words = `-F /dev/null ${keptOptions(folder, name)} -O exit -p ${ssh.port} git@${ssh.host}`
        await run('ssh', words.split(' '))
      }
    },
  }
}

async function workTree(yard: TestYard, name: string, files: number): Promise<Clone> {
  const clone = new Clone(yard, mkdtempSync(join(yard.folder, `${name}-`)), name)
  await clone.must('init', '-q', '-b', 'master')
  await clone.write('src/main.ts', namedScript('v0'))
  for (let n = 1; n < files; n++) await clone.write(`data/${n % 30}/${n}.json`, `{ "id": ${n} }\n`)
  await clone.commit('Begin')
  return clone
}
