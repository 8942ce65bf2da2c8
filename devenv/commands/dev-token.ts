// `edgeyard dev token` and `edgeyard login`: how somebody gets into the log page.
import { OPERATOR_NAME } from '../../servers/contract/access.ts'
import { issueToken } from '../access/login-files.ts'
import { createLoginLink, loginUrl } from '../access/login-link.ts'
import { publishLogin } from '../access/publish-logins.ts'
import { tellActs } from '../control/untold-acts.ts'
import { requireDeveloper } from '../developers/developers.ts'
import { viewerUrl } from '../sandbox/viewer-url.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { CommandContext, ExitCode } from './context.ts'

/** Issues a new token and takes back the one before with all its sessions; counts at once, also while no daemon runs. */
export async function devToken(context: CommandContext, who: string, options: { json?: boolean }): Promise<ExitCode> {
  const { terminal, layout } = context
  await requireWho(context, who)
  const issued = await giveToken(context, who)
  await tellActs(layout, [{ act: 'dev token', target: who, old: null, new: null, result: 'done', ms: 0 }])
  if (options.json) {
    terminal.print(JSON.stringify(issued, null, 2))
    return 0
  }
  terminal.tell(`The token of ${who}, for the log page and its API; it is not shown again:`)
  terminal.print(issued.token)
  terminal.tell(`  ${issued.url}\nWhat was issued before, and every login with it, is void.`)
  return 0
}

/** A link that logs in once, as the operator or as a developer. */
export async function login(
  context: CommandContext,
  name: string | undefined,
  options: { json?: boolean },
): Promise<ExitCode> {
  const { terminal, layout } = context
  const who = name ?? OPERATOR_NAME
  await requireWho(context, who)
  const url = loginUrl(viewerUrl(await readSettings(layout.settings)), await createLoginLink(layout, who, Date.now()))
  await tellActs(layout, [{ act: 'login link', target: who, old: null, new: null, result: 'done', ms: 0 }])
  if (options.json) terminal.print(JSON.stringify({ who, url }, null, 2))
  else {
    terminal.tell(`Logs ${who === OPERATOR_NAME ? 'the operator' : who} in, once, within the hour:`)
    terminal.print(url)
  }
  return 0
}

export interface IssuedToken {
  readonly who: string
  readonly token: string
  readonly url: string
}

export async function giveToken({ layout }: CommandContext, who: string): Promise<IssuedToken> {
  const token = await issueToken(layout, who)
  await publishLogin(layout, who)
  return { who, token, url: loginUrl(viewerUrl(await readSettings(layout.settings)), token) }
}

/** Said once: nobody can look it up. */
export function tellToken({ terminal }: CommandContext, { token, url }: IssuedToken): void {
  terminal.tell(`  log page      ${url}\n  token         ${token} (of the log page and its API; not shown again)`)
}

async function requireWho({ layout }: CommandContext, who: string): Promise<void> {
  if (who !== OPERATOR_NAME) await requireDeveloper(layout, who)
}
