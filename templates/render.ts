// master + overrides → confs. Pure: text and facts in, text out, or one error that names every place that is wrong.
import type { Diagnostic } from '../servers/contract/diagnostic.ts'
import type { ServerName } from '../servers/contract/names.ts'

/** The templates of a yard, in the order in which their services start. */
export const TEMPLATES = ['rsyslog', 'redis', 'httpserver', 'socketserver', 'dtserver'] as const
export type TemplateName = (typeof TEMPLATES)[number]

/** The files of one commit of serverctrl: `socketserver.conf.hbs`, `socketserver.values.yaml` and so on, by name. */
export type TemplateFiles = Readonly<Record<string, string>>

/** What the yard itself knows and no values file may say: folders, secrets, who is there. Plain JSON. */
export interface YardFacts {
  /** The yard's root folder, absolute. */
  readonly root: string
  /** The address that everything listens on, and that clients connect to. */
  readonly host: string
  readonly developers: readonly DeveloperFacts[]
  readonly mysql: { readonly address: string; readonly database: string }
  /** The certificate and key of the yard, one file beside a sandbox's conf; null without `tls` in yard.yml. */
  readonly tls?: { readonly file: string } | null
  /** What the yard itself listens on: no sandbox may have these ports. */
  readonly ports: { readonly ssh: number; readonly viewer: number }
}

export interface DeveloperFacts {
  readonly name: string
  /** 0 for master. */
  readonly index: number
  /** The user that this developer's processes run as; null where the yard has no root rights and all share one. */
  readonly uid: number | null
  readonly redisPassword: string
  readonly mysqlUser: string
  readonly mysqlPassword: string
}

export interface RenderInput {
  /** serverctrl's `master`. */
  readonly files: TemplateFiles
  /** serverctrl's branch of each developer who has one. Only their own section counts, and only keys of DEVELOPER_MAY_SET. */
  readonly branches: Readonly<Record<string, TemplateFiles>>
  readonly facts: YardFacts
}

export interface RenderedConf {
  readonly template: TemplateName
  /** `master` for what is shared. */
  readonly developer: string
  readonly text: string
  /** What it listens on; null for rsyslog. */
  readonly port: number | null
  /** What it says in vain, as diagnostics of `Rendered` tell it. */
  readonly warnings: readonly Diagnostic[]
}

export interface Rendered {
  /** Empty when there are diagnostics. Ordered by template, then by developer's index. */
  readonly confs: readonly RenderedConf[]
  readonly diagnostics: readonly Diagnostic[]
}

/** One place is told once, however many confs come from it. */
export function warningsOf(confs: readonly Pick<RenderedConf, 'warnings'>[]): readonly Diagnostic[] {
  const all = confs.flatMap(({ warnings }) => warnings)
  return [...new Map(all.map((each) => [`${each.file}:${each.line}:${each.column}: ${each.message}`, each])).values()]
}

/** A sandbox's conf among the rendered ones. */
export function confOf(rendered: Rendered, server: ServerName, developer: string): RenderedConf | undefined {
  return rendered.confs.find((conf) => conf.template === server && conf.developer === developer)
}
