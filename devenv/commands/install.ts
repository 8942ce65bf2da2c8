// `edgeyard install`: the yard as a service of the machine.

import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { MASTER, SERVERS } from '../../servers/contract/names.ts'
import { readListens } from '../../templates/edit-values.ts'
import { renderTable } from '../control/render-status.ts'
import { readDevelopers } from '../developers/developers.ts'
import { developerGid, sandboxUid } from '../developers/uids.ts'
import { readTemplates } from '../git/read-templates.ts'
import { applyInstall, type Installed, removeInstall } from '../install/apply-install.ts'
import { planInstall, type SandboxUnit } from '../install/plan-install.ts'
import { limitsOf } from '../settings/limits.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { CommandContext, ExitCode } from './context.ts'

export interface InstallOptions {
  readonly name: string
  readonly prefix: string
  readonly sandboxes?: boolean
  readonly print?: boolean
  readonly dryRun?: boolean
  readonly uninstall?: boolean
  readonly json?: boolean
}

export async function install(context: CommandContext, options: InstallOptions): Promise<ExitCode> {
  const { layout, terminal, projectRoot } = context
  const { name, prefix, dryRun = false } = options
  const settings = await readSettings(layout.settings)
  const files = planInstall({
    ...{ name, projectRoot: projectRoot.replace(/\/$/, ''), root: layout.root, ports: settings.ports },
    node: process.execPath,
    user: process.getuid?.() === 0 ? null : userInfo().username,
    sandboxes: options.sandboxes ? await sandboxUnits(context) : null,
  })
  if (options.print) {
    for (const { path, text } of files) terminal.print(`${terminal.paint('dim', `# ${path}`)}\n${text}`)
    return 0
  }
  const work = options.uninstall ? removeInstall : applyInstall
  const done = await work(files, { prefix, dryRun })
  if (options.json) terminal.print(JSON.stringify(done, null, 2))
  else terminal.print(renderTable(done.map(({ path, change }) => [dryRun ? wouldBe(change) : change, path])))
  const changed = done.some(({ change }) => change !== 'unchanged')
  if (!changed || dryRun) terminal.tell(dryRun ? 'Nothing was done.' : 'Nothing had to be changed.')
  else if (options.uninstall) terminal.tell(`Then: systemctl disable --now ${name}; systemctl daemon-reload`)
  else terminal.tell(`Then: sysctl --system; systemctl daemon-reload; systemctl enable --now ${name}`)
  return 0
}

const wouldBe = (change: Installed['change']) => (change === 'unchanged' ? change : `would be ${change}`)

/** Those that serverctrl has a port for: each with the user that the daemon starts it as. */
async function sandboxUnits({ layout }: CommandContext): Promise<SandboxUnit[]> {
  if (!existsSync(layout.repository('serverctrl'))) return []
  const { limits } = await readSettings(layout.settings)
  const developers = new Map((await readDevelopers(layout)).map((developer) => [developer.name, developer]))
  return readListens((await readTemplates(layout, MASTER)) ?? {}, SERVERS).flatMap(({ template, developer }) => {
    const server = SERVERS.find((one) => one === template)
    const uid = developers.get(developer)?.uid ?? null
    const own = server === undefined ? null : sandboxUid(uid, server)
    if (server === undefined || own === null) return []
    return [{ server, developer, uid: own, gid: developerGid(own), limits: limitsOf(limits, developer) }]
  })
}
