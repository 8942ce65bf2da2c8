// One `git cat-file --batch-command` that answers for as long as it is kept: to start a git takes as long as most of what it is asked.
import type { Socket } from 'node:net'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { spawnCommand } from '../exec/spawn-command.ts'
import { gitCommand, type Quarantine } from './git.ts'
import type { GitObject } from './read-objects.ts'

/** An object, and how many bytes it has. */
export type ObjectHead = Omit<GitObject, 'data'> & { readonly bytes: number }

export interface CatFile {
  /** Objects by their full ids, in order; null for what is not there. Rejects with COMMAND_FAILED when git ends before it has answered. */
  read(ids: readonly string[]): Promise<(GitObject | null)[]>
  /** The same without their data. */
  heads(ids: readonly string[]): Promise<(ObjectHead | null)[]>
  /** Resolves when it answers nothing any more, because git has ended or by {@link CatFile.close}. */
  readonly over: Promise<void>
  /** Lets it answer what was asked, and end. */
  close(): void
}

interface Question {
  readonly wantsData: boolean
  left: number
  readonly found: (Found | null)[]
  resolve(found: readonly (Found | null)[]): void
  reject(error: Error): void
}

interface Found {
  readonly head: ObjectHead
  readonly data: Buffer
}

const NEWLINE = 10
const NOTHING = Buffer.alloc(0)
const SAID_MAX = 1000

/** Rejects with COMMAND_FAILED when git cannot be started. While nothing is asked it keeps nobody running. */
export async function openCatFile(folder: string, quarantine?: Quarantine): Promise<CatFile> {
  const command = gitCommand(folder, ['cat-file', '--batch-command', '--buffer'], quarantine)
  const child = await spawnCommand(command, { stdio: ['pipe', 'pipe', 'pipe'] })
  return new CatFileProcess(child)
}

type Child = Awaited<ReturnType<typeof spawnCommand>>

class CatFileProcess implements CatFile {
  readonly #child: Child
  readonly #questions: Question[] = []
  #chunks: Buffer[] = []
  #bytes = 0
  /** The object whose data comes next. */
  #head: ObjectHead | null = null
  #said = ''
  #isOver = false
  #tellOver = () => {}
  readonly over: Promise<void>

  constructor(child: Child) {
    this.#child = child
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve
    })
    child.stdin!.on('error', () => {})
    child.stdout!.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
      this.#answer()
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk}`.slice(0, SAID_MAX)
    })
    child.on('close', () => this.#end(`git cat-file has ended: it said "${this.#said.trim()}"`))
    this.#keepRunning(false)
  }

  async read(ids: readonly string[]): Promise<(GitObject | null)[]> {
    const found = await this.#ask('contents', ids)
    return found.map((one) => one && { id: one.head.id, type: one.head.type, data: one.data })
  }

  async heads(ids: readonly string[]): Promise<(ObjectHead | null)[]> {
    return (await this.#ask('info', ids)).map((one) => one?.head ?? null)
  }

  close(): void {
    this.#isOver = true
    this.#tellOver()
    this.#child.stdin!.end()
  }

  #ask(what: 'contents' | 'info', ids: readonly string[]): Promise<readonly (Found | null)[]> {
    if (ids.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(failed('it has ended'))
      if (this.#questions.length === 0) this.#keepRunning(true)
      this.#questions.push({ wantsData: what === 'contents', left: ids.length, found: [], resolve, reject })
      this.#child.stdin!.write(`${ids.map((id) => `${what} ${id}\n`).join('')}flush\n`)
    })
  }

  #answer(): void {
    try {
      for (let question = this.#questions[0]; question !== undefined; question = this.#questions[0]) {
        const one = this.#next(question)
        if (one === undefined) return
        question.found.push(one)
        if (--question.left > 0) continue
        this.#questions.shift()
        if (this.#questions.length === 0) this.#keepRunning(false)
        question.resolve(question.found)
      }
    } catch (error) {
      this.#child.kill('SIGKILL')
      this.#end(messageOf(error))
    }
  }

  /** Undefined: more of it has to come. Throws for what git does not say. */
  #next({ wantsData }: Question): Found | null | undefined {
    if (this.#head === null) {
      const line = this.#takeLine()
      if (line === null) return undefined
      if (line.endsWith(' missing')) return null
      const [, id, type, bytes] = /^([0-9a-f]{40}) ([a-z]+) (\d+)$/.exec(line) ?? []
      if (id === undefined || type === undefined) throw new Error(`git cat-file said "${line.slice(0, SAID_MAX)}"`)
      const head = { id, type, bytes: Number(bytes) }
      if (!wantsData) return { head, data: NOTHING }
      this.#head = head
    }
    // A newline follows.
    const data = this.#take(this.#head.bytes + 1)
    if (data === null) return undefined
    const found = { head: this.#head, data: data.subarray(0, -1) }
    this.#head = null
    return found
  }

  #takeLine(): string | null {
    const end = this.#joined().indexOf(NEWLINE)
    return end === -1 ? null : this.#take(end + 1)!.toString('latin1', 0, end)
  }

  #take(bytes: number): Buffer | null {
    if (this.#bytes < bytes) return null
    const all = this.#joined()
    this.#chunks = [all.subarray(bytes)]
    this.#bytes -= bytes
    return all.subarray(0, bytes)
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? NOTHING
  }

  #end(why: string): void {
    this.#isOver = true
    this.#tellOver()
    for (const { reject } of this.#questions.splice(0)) reject(failed(why))
  }

  #keepRunning(keep: boolean): void {
    for (const handle of [this.#child, ...this.#child.stdio] as (Child | Socket)[]) {
      if (keep) handle.ref()
      else handle.unref()
    }
  }
}

function failed(why: string): EdgeyardError {
  return new EdgeyardError('COMMAND_FAILED', `Cannot read objects of git: ${why}`)
}
