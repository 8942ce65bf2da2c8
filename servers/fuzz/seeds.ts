// Inputs that something failed with once: each is a file, and is tried again with every test run.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WireInput } from './http-inputs.ts'

/** With the sources, not with what is built of them. */
const FOLDER = fileURLToPath(new URL('../../../servers/fuzz/seeds/', import.meta.url))

export const TARGETS = ['conf', 'http', 'websocket'] as const
export type Target = (typeof TARGETS)[number]

export interface Seed {
  readonly target: Target
  /** What it was made from: `--seed`, and which input of that run. */
  readonly seed: number
  readonly round: number
  /** What went wrong, first line. */
  readonly found: string
  readonly input: string | WireInput
}

/** Returns the name of the file. */
export function saveSeed(seed: Seed): string {
  const name = `${seed.target}-${seed.seed}-${seed.round}.json`
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, name), `${JSON.stringify(seed, undefined, 2)}\n`)
  return name
}

export function readSeeds(): [name: string, seed: Seed][] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return names.map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))])
}
