// `npm start` and `npm test` begin here: what they need is made to be there. Plain JavaScript without dependencies, because
// it runs before there are any. Quick and silent when nothing is to do.
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitUntilAlone } from './alone.mjs'
import { installPackages } from './debian.mjs'
import { needsInstall, stampModules } from './modules.mjs'
import { hasProgram, installCommand, missingPackages } from './packages.mjs'
import { Interrupted, run } from './run.mjs'
import { fingerprint, isBuilt, stampBuild } from './sources.mjs'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Something only the operator can do; its message is all there is to say. */
class Wanted extends Error {}

/** Throws what the operator has to do when this Node is too old. */
export function requireNode(version, range) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [, wantedMajor, wantedMinor] = /(\d+)\.(\d+)/.exec(range).map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new Wanted(`edgeyard needs Node ${range}; this is ${version}. Install a newer one, e.g. Node 22.`)
}

/** Installs what is missing, or says what to do. */
export async function ensurePackages(mode, { asRoot, env, say, policyFile, sbin }) {
  const has = (name) => hasProgram(name, env.PATH ?? '', sbin)
  const missing = missingPackages(mode, has)
  if (missing.length === 0) return
  if (!has('apt-get')) throw new Wanted(`These programs are missing, and this is not Debian: ${missing.join(', ')}`)
  if (!asRoot) throw new Wanted(`Debian packages are missing. Run: ${installCommand(missing)}`)
  await installPackages(missing, { say, env, has, policyFile })
  const still = missingPackages(mode, has)
  if (still.length > 0) throw new Wanted(`apt-get succeeded, and still these are missing: ${still.join(', ')}`)
}

async function ensureModules(say) {
  if (!needsInstall(projectRoot)) return
  if (!hasProgram('npm', process.env.PATH ?? '')) throw new Wanted('npm is missing: install it beside Node')
  say('Installing the npm packages')
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: projectRoot })
  stampModules(projectRoot)
}

async function ensureBuilt(mode, say) {
  if (mode === 'start' && isBuilt(projectRoot)) return
  say('Building')
  const print = fingerprint(projectRoot)
  const { build } = await import('./build.mjs')
  await build()
  stampBuild(projectRoot, print)
}

async function main(mode) {
  if (mode !== 'start' && mode !== 'test') throw new Wanted('Usage: node bootstrap.mjs start|test')
  const say = (text) => console.error(text)
  const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
  requireNode(process.versions.node, engines.node)
  const release = await waitUntilAlone(projectRoot, say)
  try {
    await ensurePackages(mode, { asRoot: process.getuid?.() === 0, env: process.env, say })
    await ensureModules(say)
    await ensureBuilt(mode, say)
  } finally {
    release()
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv[2])
  } catch (error) {
    if (!(error instanceof Interrupted))
      console.error(error instanceof Wanted ? error.message : `edgeyard: ${error.message}`)
    process.exitCode = error instanceof Interrupted ? 130 : 1
  }
}
