// What the yard should be: branches, developers and settings, rendered.
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import {
  isServerName,
  MASTER,
  type SandboxName,
  SERVERS,
  type ServerName,
  sandboxKey,
  TYPES_BRANCH,
} from '../../servers/contract/names.ts'
import { builtCommit } from '../../servers/contract/release.ts'
import type { TemplateFiles, YardFacts } from '../../templates/render.ts'
import { type Developer, readDevelopers } from '../developers/developers.ts'
import { readAllTemplates } from '../git/read-templates.ts'
import { listBranches } from '../git/refs.ts'
import { commonCommit, findUsers } from '../git/uses-common.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { Fitted, LeftOut } from '../sandbox/render-what-fits.ts'
import { readSandboxConf } from '../sandbox/sandbox-conf.ts'
import type { Target } from './launch-sandbox.ts'
import type { YardContext } from './yard-context.ts'
import { yardFacts } from './yard-facts.ts'

export interface DesiredYard {
  /** Those who have a section in serverctrl: who has just come gets one in a moment. */
  readonly developers: readonly Developer[]
  /** Branches of serverctrl that do not fit it; in their place master counts. */
  readonly brokenBranches: readonly LeftOut[]
  /** Everyone whose redis has a conf. */
  readonly redis: readonly {
    readonly developer: Developer
    readonly conf: { readonly text: string; readonly port: number }
  }[]
  readonly rsyslog: string
  /** Where the common library is; null while there is none. */
  readonly common: string | null
  /** Sandboxes that have a conf, by key; those that also have code have a target. */
  readonly sandboxes: ReadonlyMap<
    string,
    {
      readonly name: SandboxName
      readonly conf: string
      /** What the conf says in vain. */
      readonly warnings: readonly Diagnostic[]
      readonly target: Target | null
    }
  >
}

/**
 * What does not fit serverctrl costs one developer, not the yard. Throws TEMPLATE_INVALID with diagnostics when master itself
 * cannot be rendered; then what runs should stay as it is.
 */
export async function readDesired(context: YardContext): Promise<DesiredYard> {
  const { layout } = context
  const everybody = await readDevelopers(layout)
  const names = everybody.map(({ name }) => name)
  const [templates, common, commits] = await Promise.all([
    readAllTemplates(layout, [...new Set([MASTER, ...names])]),
    commonCommit(layout),
    Promise.all(SERVERS.map(async (server) => [server, await readBranches(layout, server)] as const)),
  ])
  const rendered = render(context, everybody, templates)
  const newcomers = new Set(rendered.leftOut.filter(({ kind }) => kind === 'developer').map(({ name }) => name))
  const developers = everybody.filter(({ name }) => !newcomers.has(name))
  const branches = new Map(commits)
  const sandboxes = rendered.confs.flatMap(({ template, developer, text, warnings }) => {
    if (!isServerName(template)) return []
    const name = { server: template, developer }
    const { commits, users } = branches.get(template)!
    const commit = commits.get(developer)
    const target =
      commit === undefined
        ? null
        : { commit: builtCommit(commit, users.has(commit) ? common : null), conf: readSandboxConf(name, text) }
    return [[sandboxKey(name), { name, conf: text, warnings, target }] as const]
  })
  return {
    developers,
    brokenBranches: rendered.leftOut.filter(({ kind }) => kind === 'branch'),
    redis: developers.flatMap((developer) => {
      const conf = rendered.confs.find((one) => one.template === 'redis' && one.developer === developer.name)
      return conf === undefined ? [] : [{ developer, conf: { text: conf.text, port: conf.port ?? 0 } }]
    }),
    common,
    rsyslog: rendered.confs.find(({ template }) => template === 'rsyslog')?.text ?? '',
    sandboxes: new Map(sandboxes),
  }
}

/** A server's branches, and which of their commits use the common library. */
async function readBranches(layout: YardLayout, server: ServerName) {
  const commits = await listBranches(layout, server)
  commits.delete(TYPES_BRANCH)
  return { commits, users: await findUsers(layout, server, [...commits.values()]) }
}

/** For the hooks: the confs of a server's sandboxes by developer, of some or (null) of all. Throws as `readDesired`. */
export async function readConfs(
  context: YardContext,
  server: ServerName,
  developers: readonly string[] | null,
): Promise<Record<string, string>> {
  const { sandboxes } = await readDesired(context)
  const wanted = [...sandboxes.values()].filter(
    ({ name }) => name.server === server && (developers?.includes(name.developer) ?? true),
  )
  return Object.fromEntries(wanted.map(({ name, conf }) => [name.developer, conf]))
}

/** What rendering needs to know, for the hooks. */
export async function readFacts(context: YardContext): Promise<YardFacts> {
  return yardFacts(context, await readDevelopers(context.layout))
}

function render(
  context: YardContext,
  developers: readonly Developer[],
  templates: ReadonlyMap<string, TemplateFiles>,
): Fitted {
  const files = templates.get(MASTER)
  if (files === undefined) {
    throw new EdgeyardError('TEMPLATE_INVALID', 'Cannot render the yard: serverctrl has no master branch')
  }
  const facts = yardFacts(context, developers)
  const branches = Object.fromEntries([...templates].filter(([branch]) => branch !== MASTER))
  const rendered = context.render({ files, branches, facts })
  if (rendered.diagnostics.length > 0) {
    throw new EdgeyardError('TEMPLATE_INVALID', "Cannot render the yard: serverctrl's branches do not fit it", rendered)
  }
  return rendered
}
