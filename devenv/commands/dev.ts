// `edgeyard dev …`: who has a sandbox.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { EdgeyardError, isEdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { MASTER } from '../../servers/contract/names.ts'
import { forgetAccess } from '../access/forget-access.ts'
import { renderTable } from '../control/render-status.ts'
import { tellActs } from '../control/untold-acts.ts'
import { addDeveloper, readDeveloper, readDevelopers, removeDeveloper } from '../developers/developers.ts'
import { addKey, readKeys } from '../developers/keys.ts'
import { requireFreeName } from '../developers/require-free-name.ts'
import { readTemplates } from '../git/read-templates.ts'
import { sectionsOf } from '../sandbox/plan-sections.ts'
import { readSettings } from '../settings/read-settings.ts'
import { parsePublicKey } from '../ssh/public-key.ts'
import { planFreeSections } from '../supervisor/sections.ts'
import { askIfRunning, type CommandContext, type ExitCode } from './context.ts'
import { giveToken, tellToken } from './dev-token.ts'
import { remoteUrl } from './render-yard-status.ts'

export async function devAdd(
  context: CommandContext,
  name: string,
  options: { key?: string; json?: boolean },
): Promise<ExitCode> {
  const { layout, terminal } = context
  // Looked at first: a developer must not be half made because a file was the wrong one.
  const key = options.key === undefined ? undefined : await readKeyFile(options.key)
  const begin = performance.now()
  await requireFree(context, name)
  await requireRoom(context, name)
  await addDeveloper(layout, name)
  const done = async () => {
    const keys = key === undefined ? [] : await addKey(layout, name, key)
    for (const added of keys) terminal.tell(`Key ${added.fingerprint} ${added.comment}`)
    const issued = await giveToken(context, name)
    return { issued, status: await askIfRunning(context, 'reconcile', {}) }
  }
  const { issued, status } = await done().catch(async (error: unknown) => {
    await takeBack(context, name)
    throw error
  })
  const entry = { act: 'dev add', target: name, old: null, new: name, result: 'done', ms: performance.now() - begin }
  await tellActs(layout, [entry])
  if (options.json) {
    const sandboxes = status?.sandboxes.filter(({ developer }) => developer === name) ?? []
    terminal.print(JSON.stringify({ name, token: issued.token, url: issued.url, sandboxes }, null, 2))
    return 0
  }
  if (status === null) {
    terminal.tell(`Added ${name}. The sandboxes come up with the next "edgeyard up".`)
    tellToken(context, issued)
    return 0
  }
  terminal.tell(`Added ${name}. They begin with:`)
  terminal.print(`git clone -b ${name} ${remoteUrl(status.ssh, 'socketserver')}`)
  for (const { server, developer, url } of status.sandboxes)
    if (developer === name) terminal.tell(`  ${server}  ${url}`)
  tellToken(context, issued)
  if (key === undefined) terminal.tell(`They need a key first: ${context.command} dev key add ${name} FILE.pub`)
  return 0
}

/** Throws as {@link requireFreeName}. A removal that was cut off is no reason where a daemon can finish it. */
async function requireFree(context: CommandContext, name: string): Promise<void> {
  const look = () => requireFreeName(context.layout, name, `Cannot add "${name}"`)
  try {
    return await look()
  } catch (error) {
    const isTaken = isEdgeyardError(error) && error.code === 'DEVELOPER_EXISTS'
    if (!isTaken || (await readDeveloper(context.layout, name)) !== null) throw error
    if ((await askIfRunning(context, 'reconcile', {})) === null) throw error
  }
  await look()
}

/** Undoes an `add` that could not be completed. Who has a section already has come, and the daemon does the rest. */
async function takeBack({ layout }: CommandContext, name: string): Promise<void> {
  const files = await readTemplates(layout, MASTER).catch(() => null)
  if (files !== null && sectionsOf(files).has(name)) return
  await forgetAccess(layout, name)
  await removeDeveloper(layout, name)
}

/** Ports are looked for before anybody is made: a full range is no reason to have half a developer. Throws `PORT_TAKEN`. */
async function requireRoom({ layout }: CommandContext, name: string): Promise<void> {
  // A yard that was never up has no sections yet, and room for everybody.
  if (!existsSync(layout.repository('serverctrl'))) return
  const developers = await readDevelopers(layout)
  const index = developers.findIndex((developer, at) => developer.index !== at)
  const next = { name, index: index === -1 ? developers.length : index }
  // What is told here is told again when the port is really given.
  await planFreeSections({ layout, settings: await readSettings(layout.settings) }, [...developers, next], () => {})
}

export async function devList(context: CommandContext, options: { json?: boolean }): Promise<ExitCode> {
  const { layout, terminal } = context
  const developers = await Promise.all(
    (await readDevelopers(layout)).map(async ({ name, index, uid, createdAt }) => {
      const { keys } = await readKeys(layout, name)
      return { name, index, uid, createdAt, keys: keys.map(({ fingerprint, comment }) => ({ fingerprint, comment })) }
    }),
  )
  if (options.json) {
    terminal.print(JSON.stringify(developers, null, 2))
    return 0
  }
  const rows = developers.map(({ name, index, uid, keys, createdAt }) => [
    name,
    String(index),
    uid === null ? '-' : String(uid),
    String(keys.length),
    createdAt.slice(0, 10),
  ])
  terminal.print(renderTable([['DEVELOPER', 'INDEX', 'UID', 'KEYS', 'SINCE'], ...rows]))
  return 0
}

/** The text of a .pub file. Throws `KEY_INVALID` when it cannot be read, or is a private key: so that a slip goes no further. */
export async function readKeyFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new EdgeyardError('KEY_INVALID', `Cannot read the key: ${messageOf(cause)}`, { cause })
  })
  for (const line of text.split(/\r?\n/)) if (/^\s*(#|$)/.test(line) === false) parsePublicKey(line)
  return text
}
