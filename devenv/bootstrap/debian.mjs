// Installs Debian packages so that only their files come: no service is started by it, and none starts at the next boot.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Interrupted, run } from './run.mjs'

/** Debian's own switch: installing asks this program whether services may be started. 101 means no. */
export const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY_MARK = '# edgeyard put this here while it installs packages, and removes it afterwards.'
const POLICY = `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`

/** Waits for another apt or dpkg that is at work. */
const LOCK_TIMEOUT_S = 120

/**
 * Installs the packages. Needs root. Rejects with apt's own words when it fails. Whatever happens, the policy file is as it
 * was before. `env.PATH` says which apt-get, dpkg-query and systemctl.
 */
export async function installPackages(packages, { say, env, has, policyFile = POLICY_FILE }) {
  const aptEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }
  const apt = (args, onLine) =>
    run('apt-get', ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`, ...args], { env: aptEnv, onLine })
  const before = await installed(aptEnv)
  say('Reading the lists of Debian packages')
  // A mirror that does not answer is no reason to stop: what is needed may be in another list.
  await apt(['update']).catch((error) => {
    if (error instanceof Interrupted) throw error
    say(`apt-get update failed, going on with the lists that are there: ${error.message.split('\n').at(-1)}`)
  })
  say(`Installing ${packages.join(', ')}`)
  const restore = forbidServices(policyFile)
  try {
    await apt(['install', '-y', '--no-install-recommends', ...packages], (line) => {
      const name = /^Setting up (\S+)/.exec(line)?.[1]?.replace(/:.*/, '')
      if (name !== undefined && packages.includes(name)) say(`Installed ${name}`)
    })
  } finally {
    restore()
    const added = [...(await installed(aptEnv))].filter((name) => !before.has(name))
    await disableServices(added, { env: aptEnv, has, say })
  }
}

/** dpkg's own placeholders. */
const STATUS_FORMAT = ['$', '{db:Status-Status} $', '{Package}\\n'].join('')

/** The names of all installed packages. */
async function installed(env) {
  const lines = await run('dpkg-query', ['-W', '-f', STATUS_FORMAT], { env })
  return new Set(lines.filter((line) => line.startsWith('installed ')).map((line) => line.slice('installed '.length)))
}

/** Puts the policy in place unless the machine has one of its own. Returns what takes it away again. */
function forbidServices(file) {
  // One of ours that was left behind (we were killed) is ours to remove.
  if (existsSync(file) && !readFileSync(file, 'utf8').includes(POLICY_MARK)) return () => {}
  writeFileSync(file, POLICY, { mode: 0o755 })
  const remove = () => rmSync(file, { force: true })
  // Beside the `finally` of the caller: an exit that passes it by.
  process.once('exit', remove)
  return () => {
    process.off('exit', remove)
    remove()
  }
}

/** Keeps the services of exactly these packages from starting at boot. A package that was there before is not among them. */
async function disableServices(packages, { env, has, say }) {
  if (packages.length === 0) return
  const files = await run('dpkg-query', ['-L', ...packages], { env }).catch(() => [])
  for (const { file, args } of disableCommands(files, has)) {
    await run(file, args, { env }).catch((error) => say(`Left enabled: ${error.message.split('\n')[0]}`))
  }
}

/** Where enabling a unit puts its links. */
const UNIT_LINKS = '/etc/systemd/system'

/** Pure: the commands that disable the units, and where there is no systemd the init scripts, among a package's files. */
export function disableCommands(files, has) {
  const units = files
    .filter((path) => /^(\/usr)?\/lib\/systemd\/system\/[^/]+\.(service|socket|timer|path)$/.test(path))
    .map((path) => basename(path))
    // A template has no instance that anybody enabled.
    .filter((name) => !name.includes('@'))
  const scripts = files.filter((path) => /^\/etc\/init\.d\/[^/]+$/.test(path)).map((path) => basename(path))
  // systemctl sees to the init scripts of its units itself.
  if (has('systemctl')) return units.length === 0 ? [] : [{ file: 'systemctl', args: ['disable', ...new Set(units)] }]
  // Packages enable their units also where there is no systemd yet, by links: it may come later.
  const targets = [...new Set(units)].flatMap((name, at) => [...(at > 0 ? ['-o'] : []), '-lname', `*/${name}`])
  const links = { file: 'find', args: [UNIT_LINKS, '-type', 'l', '(', ...targets, ')', '-delete'] }
  const names = has('update-rc.d') ? [...new Set(scripts)] : []
  return [
    ...(units.length > 0 ? [links] : []),
    ...names.map((name) => ({ file: 'update-rc.d', args: [name, 'disable'] })),
  ]
}
