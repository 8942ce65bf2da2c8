// How long a push takes until the new release answers, and for how long nobody does; against the classic post-receive that
// checks out and restarts node. Rounds alternate, so that whatever else the machine does meets all. The classic one has no
// ssh server here: it and a yard are also pushed to over a local path, which is the figure to compare.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedScript } from '../e2e/scripts.ts'
import { Clone, findPortBlock, type Run, run, TestYard } from '../e2e/yard.ts'
import { createClassic } from './classic.ts'
import { median } from './figures.ts'
import { readHookTimes, readStep } from './hook-times.ts'
import { type Polled, poll } from './poller.ts'

const PUSHES = 20

interface Contender {
  readonly title: string
  readonly clone: Clone
  readonly url: string
  /** The file that makes the server answer with `name`. */
  render(name: string): { path: string; text: string }
  readonly args: readonly string[]
  /** Where git writes what it does; undefined when it is not asked. */
  readonly trace?: string
}

interface Pushed extends Polled {
  readonly pushMs: number
  readonly output: string
  readonly hooks: Readonly<Record<string, number>>
}

const folder = mkdtempSync(join(tmpdir(), 'edgeyard-bench-'))
const yard = new TestYard(folder, await findPortBlock())
let stopClassic = () => {}
try {
  console.log('A push: starting a yard')
  await yard.up()
  await yard.do('dev', 'key', 'add', 'dev1', await yard.makeKey('dev1'))
  const contenders = await createContenders()
  const results = new Map<Contender, Pushed[]>(contenders.map((one) => [one, []]))
  // The first push of each is not counted.
  for (let n = 0; n <= PUSHES; n++) {
    for (const [index, contender] of contenders.entries()) {
      const pushed = await push(contender, `v${index}-${n}`)
      if (n > 0) results.get(contender)!.push(pushed)
    }
  }
  const [overSsh, local, classic] = [...results.values()] as [Pushed[], Pushed[], Pushed[]]
  console.log(renderFigures(results))
  console.log(renderRatio(local, classic))
  console.log(await renderBreakdown(overSsh, local))
} finally {
  stopClassic()
  await yard.cli('down')
  rmSync(folder, { recursive: true, force: true })
}

async function createContenders(): Promise<Contender[]> {
  const { url } = await yard.sandbox('socketserver', 'dev1')
  const script = (name: string) => ({ path: 'src/main.ts', text: namedScript(name) })
  const edge = { url: url.replace('ws:', 'http:'), render: script, clone: await yard.clone('socketserver', 'dev1') }
  const classic = await createClassic(folder, await freePort())
  stopClassic = classic.stop
  const clone = new Clone(yard, mkdtempSync(join(folder, 'classic-')), 'dev1')
  await clone.must('init', '-q', '-b', 'master')
  const repository = join(yard.root, 'git/socketserver.git')
  const trace = join(folder, 'trace')
  return [
    { title: 'edgeyard, over ssh', ...edge, args: ['origin', 'HEAD:refs/heads/dev1'] },
    { title: 'edgeyard, local path', ...edge, args: [repository, 'HEAD:refs/heads/dev1'], trace },
    { ...classic, title: 'classic, local path', clone, args: [classic.repository, 'HEAD:refs/heads/master'], trace },
  ]
}

async function push({ clone, url, render, args, trace }: Contender, name: string): Promise<Pushed> {
  const { path, text } = render(name)
  await clone.write(path, text)
  await clone.commit(name)
  if (trace !== undefined) rmSync(trace, { force: true })
  const env = { ...yard.gitEnvironment('dev1'), ...(trace === undefined ? {} : { GIT_TRACE2_EVENT: trace }) }
  let ended: Run | null = null
  const begun = performance.now()
  const polling = poll(url, name, () => ended !== null)
  const pushing = run('git', ['push', ...args], { cwd: clone.folder, env }).then((result) => {
    ended = result
    if (result.exitCode !== 0) throw new Error(result.output)
    return { output: result.output, pushMs: performance.now() - begun }
  })
  const [polled, { output, pushMs }] = await Promise.all([polling, pushing])
  return { ...polled, pushMs, output, hooks: trace === undefined ? {} : readHookTimes(trace) }
}

function renderFigures(results: ReadonlyMap<Contender, readonly Pushed[]>): string {
  const lines = [...results].map(([{ title }, pushed]) => {
    const answered = pushed.map(({ answeredAfterMs }) => answeredAfterMs)
    const spread = `${ms(Math.min(...answered))}–${ms(Math.max(...answered))}`
    const ends = median(pushed.map(({ pushMs }) => pushMs))
    const outages = pushed.map(({ outageMs }) => outageMs)
    return `  ${title.padEnd(20)} new answer after ${ms(median(answered))} ms (${spread}), git push ends after ${ms(ends)} ms, outage ${ms(median(outages))} ms (at most ${ms(Math.max(...outages))})`
  })
  return `A push, median of ${PUSHES}\n${lines.join('\n')}`
}

function renderRatio(local: readonly Pushed[], classic: readonly Pushed[]): string {
  const of = (pushed: readonly Pushed[]) => median(pushed.map(({ answeredAfterMs }) => answeredAfterMs))
  return `  ratio over a local path: edgeyard needs ${(of(local) / of(classic)).toFixed(2)} times as long as the classic one`
}

/** Of the pushes over the local path; what ssh adds is the difference of the two medians. */
async function renderBreakdown(overSsh: readonly Pushed[], local: readonly Pushed[]): Promise<string> {
  const of = (read: (pushed: Pushed) => number, all = local) => median(all.map(read))
  const hook = (name: string) => of(({ hooks }) => hooks[name] ?? Number.NaN)
  const step = (name: string) => of(({ output }) => readStep(output, name))
  const total = of(({ pushMs }) => pushMs)
  const [pre, post] = [hook('pre-receive'), hook('post-receive')]
  const [exported, built, booted] = [step('export'), step('build'), step('boot')]
  const [node, emptyPost] = [await timeNode(['-e', '']), await timeHook('post-receive')]
  const parts: [what: string, took: number][] = [
    [
      'ssh: connecting, key exchange, login (difference to the push over ssh)',
      of(({ pushMs }) => pushMs, overSsh) - total,
    ],
    ['git itself: two processes, the pack', total - pre - post],
    ['pre-receive: node starts, loads, asks for facts and confs', pre - exported - built - booted],
    ['pre-receive: export', exported],
    ['pre-receive: build (esbuild starts, builds, ends)', built],
    ['pre-receive: boot (the candidate starts and is ready)', booted],
    [`post-receive: node starts and loads (measured alone)`, emptyPost],
    ['post-receive: switch', post - emptyPost],
  ]
  const lines = parts.map(([what, took]) => `  ${ms(took).padStart(5)} ms  ${what}`)
  return `Where the time goes, medians of ${PUSHES} (node alone starts and ends in ${ms(node)} ms)\n${lines.join('\n')}`
}

/** The hook with nothing on its stdin: it starts, loads, finds nothing to do and ends. */
function timeHook(name: string): Promise<number> {
  return timed(join(yard.root, 'git/hooks', name), [], join(yard.root, 'git/socketserver.git'))
}

function timeNode(args: string[]): Promise<number> {
  return timed(process.execPath, args, folder)
}

async function timed(file: string, args: string[], cwd: string): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < PUSHES; n++) {
    const begun = performance.now()
    const { exitCode, output } = await run(file, args, { cwd, env: { GIT_DIR: '.' } })
    if (exitCode !== 0) throw new Error(output)
    took.push(performance.now() - begun)
  }
  return median(took)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function ms(value: number): string {
  return value.toFixed(0)
}
