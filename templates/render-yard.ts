// serverctrl's files and the facts of a yard → every conf of it, or every place that is wrong. Pure and deterministic.

import { parseConf } from '../servers/contract/conf/parse-conf.ts'
import { type Diagnostic, locate } from '../servers/contract/diagnostic.ts'
import { isEdgeyardError } from '../servers/contract/errors.ts'
import { isServerName, MASTER } from '../servers/contract/names.ts'
import { blame, inOrder, type Source, wholeFile } from './blame.ts'
import { compileTemplate, type Names, type Template } from './compile-template.ts'
import {
  DEVELOPER_NAMES,
  developerFacts,
  FACT_UNSAFE,
  LIST_NAMES,
  listFacts,
  secretsOf,
  YARD_NAMES,
  yardFacts,
} from './facts.ts'
import { type Entry, parseValues, type Values } from './parse-values.ts'
import {
  type DeveloperFacts,
  type Rendered,
  type RenderedConf,
  type RenderInput,
  TEMPLATES,
  type TemplateFiles,
  type TemplateName,
  type YardFacts,
} from './render.ts'
import {
  checkBranchValues,
  checkPorts,
  checkValues,
  LISTEN,
  type PortClaim,
  resolveValues,
  TLS,
} from './resolve-values.ts'
import { sectionText } from './section-text.ts'
import { traceConf } from './trace-conf.ts'
import { warnConf } from './warn-conf.ts'

/** A template with its values, read and found right. */
interface Loaded {
  readonly name: TemplateName
  readonly source: Source
  readonly template: Template
  readonly values: Values
  /** The values of the developers who have a branch of their own. */
  readonly branches: ReadonlyMap<string, Values>
}

/**
 * Renders all confs of a yard. When anything is wrong, `confs` is empty and `diagnostics` tells all of it: files by their
 * names (`socketserver.values.yaml`), those of a developer's branch as `dev1:socketserver.values.yaml`, and what is wrong
 * with a conf only once it is rendered at the value or the line of the template that it comes from.
 */
export function renderYard({ files, branches, facts }: RenderInput): Rendered {
  const diagnostics: Diagnostic[] = []
  const loaded = TEMPLATES.flatMap((name) => load(name, files, branches, facts, diagnostics) ?? [])
  if (diagnostics.length > 0) return { confs: [], diagnostics: inOrder(diagnostics) }

  const claims = loaded.flatMap((each) => claimsOf(each, facts))
  diagnostics.push(...checkPorts(claims, facts.ports), ...loaded.flatMap((each) => checkFacts(each, facts)))
  diagnostics.push(...loaded.flatMap((each) => checkTls(each, facts)))
  if (diagnostics.length > 0) return { confs: [], diagnostics: inOrder(diagnostics) }

  const httpserver = loaded.find(({ name }) => name === 'httpserver')!
  const confs = loaded.flatMap((each) => renderTemplate(each, facts, claims, httpserver))
  const wrong = checkConfs(confs, loaded, secretsOf(facts))
  if (wrong.length > 0) return { confs: [], diagnostics: wrong }
  return { confs: confs.map((conf) => ({ ...conf, warnings: warningsFor(conf, loaded, facts) })), diagnostics: [] }
}

function load(
  name: TemplateName,
  files: TemplateFiles,
  branches: RenderInput['branches'],
  facts: YardFacts,
  diagnostics: Diagnostic[],
): Loaded | null {
  const source = fileOf(files, `${name}.conf.hbs`, diagnostics)
  const valuesSource = fileOf(files, valuesFile(name), diagnostics)
  const before = diagnostics.length
  const values = valuesSource && parseValues(valuesSource, diagnostics)
  // A key that could not be read is missing below, which would be said again for every place that uses it.
  if (source === null || values === null || diagnostics.length > before) return null
  const developers = facts.developers.map((developer) => developer.name)
  diagnostics.push(...checkValues(name, values, developers))
  const own = new Map<string, Values>()
  for (const developer of developers) {
    const text = Object.hasOwn(branches, developer) ? branches[developer]![valuesFile(name)] : undefined
    // The same text says the same: most branches of most templates.
    if (developer === MASTER || name === 'rsyslog' || text === undefined || text === values.source.text) continue
    // Nor does a branch that is behind master, and has the developer's own section as it stands there.
    const section = sectionText(text, developer)
    if (section !== null && section === sectionText(values.source.text, developer)) continue
    const branch = parseValues({ file: `${developer}:${valuesFile(name)}`, text }, diagnostics)
    if (branch === null) continue
    diagnostics.push(...checkBranchValues(name, values, branch, developer))
    own.set(developer, branch)
  }
  const template = compileTemplate(source, namesFor(name, values), diagnostics)
  return template && { name, source, template, values, branches: own }
}

function valuesFile(name: TemplateName): string {
  return `${name}.values.yaml`
}

function fileOf(files: TemplateFiles, file: string, diagnostics: Diagnostic[]): Source | null {
  const text = Object.hasOwn(files, file) ? files[file] : undefined
  if (text !== undefined) return { file, text }
  diagnostics.push(blame(wholeFile(file), 'This file is missing'))
  return null
}

function namesFor(name: TemplateName, values: Values): Names {
  const keys = values.sections.get(MASTER)!.entries.keys()
  if (name !== 'rsyslog') return { plain: new Set([...keys, ...DEVELOPER_NAMES]), lists: new Map() }
  return { plain: new Set([...keys, ...YARD_NAMES]), lists: new Map([['DEVELOPERS', new Set(LIST_NAMES)]]) }
}

/** An httpserver is shared by all; a developer has their own when the operator wrote a section for it. */
function developersOf({ name, values }: Loaded, facts: YardFacts): readonly DeveloperFacts[] {
  if (name === 'rsyslog') return []
  if (name !== 'httpserver') return facts.developers
  return facts.developers.filter((developer) => values.sections.has(developer.name))
}

function valuesOf({ values, branches }: Loaded, developer: string): ReadonlyMap<string, Entry> {
  return resolveValues(values, branches.get(developer) ?? null, developer)
}

function claimsOf(loaded: Loaded, facts: YardFacts): PortClaim[] {
  const { sections } = loaded.values
  return developersOf(loaded, facts).map(({ name: developer }) => {
    const { value, at } = valuesOf(loaded, developer).get(LISTEN)!
    const inherited = developer !== MASTER && at === sections.get(MASTER)!.entries.get(LISTEN)!.at
    return {
      template: loaded.name,
      developer,
      port: value as number,
      at,
      sectionAt: sections.get(developer)?.at ?? at,
      inherited,
      own: at.source !== loaded.values.source,
    }
  })
}

/** Facts are not in anybody's file: the first place that uses one is where it can be seen to be wrong. */
function checkFacts({ name, template }: Loaded, facts: YardFacts): Diagnostic[] {
  const given: Record<string, string | number>[] =
    name === 'rsyslog'
      ? [yardFacts(facts), ...listFacts(facts)]
      : facts.developers.map((developer) =>
          developerFacts(facts, developer, { redisPort: 0, httpserver: { port: 0, tls: false, serverName: '' } }),
        )
  const unsafe = new Set(
    given.flatMap((each) => Object.keys(each).filter((key) => FACT_UNSAFE.test(String(each[key])))),
  )
  return [...unsafe].flatMap((key) => {
    const use = template.uses.get(key)
    const message = `${key} of this yard has a quote, a backslash or a control character, which no conf can hold`
    return use === undefined ? [] : [blame(use, message)]
  })
}

/** A server cannot speak TLS without a certificate. One place is told once, however many inherit it. */
function checkTls(loaded: Loaded, facts: YardFacts): Diagnostic[] {
  if (facts.tls || loaded.name === 'rsyslog') return []
  const wanted = developersOf(loaded, facts).flatMap(({ name }) => valuesOf(loaded, name).get(TLS) ?? [])
  const places = new Map(wanted.filter(({ value }) => value === true).map(({ at }) => [at.start, at]))
  const hint = 'tls: { certificate: /etc/ssl/yard.pem, key: /etc/ssl/yard.key } in yard.yml, then restart the yard'
  return [...places.values()].map((at) => blame(at, 'There is no certificate: yard.yml has no "tls"', hint))
}

function renderTemplate(
  loaded: Loaded,
  facts: YardFacts,
  claims: readonly PortClaim[],
  httpserver: Loaded,
): RenderedConf[] {
  const { name, template } = loaded
  if (name === 'rsyslog') {
    const data = { ...plain(valuesOf(loaded, MASTER)), ...yardFacts(facts), DEVELOPERS: listFacts(facts) }
    return [{ template: name, developer: MASTER, text: template.render(data), port: null, warnings: [] }]
  }
  const portOf = (which: TemplateName, developer: string) =>
    claims.find((claim) => claim.template === which && claim.developer === developer)?.port
  return developersOf(loaded, facts).map((developer) => {
    const values = valuesOf(loaded, developer.name)
    const owner = portOf('httpserver', developer.name) === undefined ? MASTER : developer.name
    const own = valuesOf(httpserver, owner)
    const ports = {
      redisPort: portOf('redis', developer.name)!,
      httpserver: {
        port: portOf('httpserver', owner)!,
        tls: own.get(TLS)?.value === true,
        serverName: String(own.get('SERVER_NAME')?.value ?? 'localhost').split(' ', 1)[0]!,
      },
    }
    const text = template.render({ ...plain(values), ...developerFacts(facts, developer, ports) })
    return { template: name, developer: developer.name, text, port: portOf(name, developer.name)!, warnings: [] }
  })
}

function plain(values: ReadonlyMap<string, Entry>): Record<string, string | number | boolean> {
  return Object.fromEntries([...values].map(([key, { value }]) => [key, value]))
}

/** What only shows once a server's conf is rendered. One mistake in a template is told once, not for every developer. */
function checkConfs(
  confs: readonly RenderedConf[],
  loaded: readonly Loaded[],
  secrets: readonly string[],
): Diagnostic[] {
  const seen = new Set<string>()
  return confs
    .flatMap((conf) => (isServerName(conf.template) ? checkConf(conf, loaded) : []))
    .filter(({ file, line, column, message }) => {
      // A place that could not be traced is in one developer's conf, and likely in everybody's.
      const key = `${file.split(' ')[0]}:${line}:${column}: ${message}`
      return !seen.has(key) && seen.add(key)
    })
    .map((diagnostic) => hideSecrets(diagnostic, secrets))
}

function warningsFor(conf: RenderedConf, loaded: readonly Loaded[], facts: YardFacts): Diagnostic[] {
  if (!isServerName(conf.template)) return []
  const each = loaded.find(({ name }) => name === conf.template)!
  return warnConf(conf.text, fileOfConf(conf))
    .map((diagnostic) => traceConf(diagnostic, each.source, valuesOf(each, conf.developer)))
    .map((diagnostic) => hideSecrets(diagnostic, secretsOf(facts)))
}

const fileOfConf = ({ template, developer }: RenderedConf) => `${template}.conf (${developer})`

function checkConf(conf: RenderedConf, loaded: readonly Loaded[]): Diagnostic[] {
  const { template, developer, text, port } = conf
  const file = fileOfConf(conf)
  const each = loaded.find(({ name }) => name === template)!
  try {
    const ports = parseConf(text, { file }).servers.flatMap(({ listens }) =>
      listens.flatMap(({ address }) => ('port' in address ? [address.port] : [])),
    )
    const wrong = ports.find((each) => each !== port)
    if (wrong === undefined) return []
    const { source } = each
    const start = Math.max(0, source.text.search(/\blisten\b/))
    // Not whose: all who have this template would be told, and it is one line.
    const message = `This listens on port ${wrong}, whatever ${LISTEN} says`
    return [{ file: source.file, ...locate(source.text, start), message, hint: 'write listen {{HOST}}:{{LISTEN}};' }]
  } catch (error) {
    if (!isEdgeyardError(error) || error.code !== 'CONF_INVALID') throw error
    const values = valuesOf(each, developer)
    return error.diagnostics.map((diagnostic) => traceConf(diagnostic, each.source, values))
  }
}

/** A push shows diagnostics to whoever pushes; columns stay where they are. */
function hideSecrets(diagnostic: Diagnostic, secrets: readonly string[]): Diagnostic {
  const hide = (text: string) =>
    secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '*'.repeat(secret.length)), text)
  const { lineText, message } = diagnostic
  return { ...diagnostic, message: hide(message), ...(lineText === undefined ? {} : { lineText: hide(lineText) }) }
}
