// The yard's certificate: read from where the operator keeps it, tried, and copied to those who serve with it.
//
// A copy is called after what is in it, so a renewed certificate is another conf: sandboxes are switched to it as to any
// other, new before old, and nothing is dropped. The log viewer takes it up while it runs.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createSecureContext } from 'node:tls'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import type { TlsFiles } from '../settings/settings.ts'
import { ensureFolder, VIEWER_UID } from './folders.ts'
import { writeConf } from './services/write-conf.ts'
import type { YardLog } from './yard-context.ts'

export interface YardTls {
  /** `tls-<hash>.pem`: certificate, chain and key. */
  readonly file: string
  /** Looks whether the operator's files have changed. What is not good is told once, and the last good one stays. */
  refresh(): Promise<void>
}

export interface TlsOptions {
  readonly layout: YardLayout
  readonly files: TlsFiles
  readonly asRoot: boolean
  readonly now: () => Date
  readonly log: YardLog
}

const WARN_BEFORE_MS = 14 * 24 * 60 * 60 * 1000
const NAME = /^tls-[0-9a-f]{12}\.pem$/

/** Throws `TLS_INVALID` when the files are no good and no earlier copy is there to go on with. */
export async function createTls({ layout, files, asRoot, now, log }: TlsOptions): Promise<YardTls> {
  await ensureFolder(layout.tls.state, { mode: 0o700 })
  let file = await findTlsCopy(layout)
  let told = ''
  const tell = (severity: 'warn' | 'error', message: string) => {
    if (message !== told) log(severity, message)
    told = message
  }
  const take = async (pem: string) => {
    const name = `tls-${createHash('sha256').update(pem).digest('hex').slice(0, 12)}.pem`
    await writeFileAtomic(join(layout.tls.state, name), pem, { mode: 0o600 })
    for (const old of await readdir(layout.tls.state)) {
      if (old !== name && NAME.test(old)) await rm(join(layout.tls.state, old), { force: true })
    }
    if (file !== null && file !== name) log('notice', `There is a renewed certificate: ${files.certificate}`)
    file = name
    const owner = asRoot ? { uid: 0, gid: VIEWER_UID } : undefined
    await ensureFolder(dirname(layout.tls.viewer), { mode: 0o750, owner })
    const seen = await readFile(layout.tls.viewer, 'utf8').catch(() => null)
    if (seen !== pem) await writeConf(layout.tls.viewer, pem, asRoot ? VIEWER_UID : null)
  }
  const refresh = async () => {
    try {
      const { pem, validUntil } = await readPair(files)
      await take(pem)
      const left = validUntil.getTime() - now().getTime()
      if (left < WARN_BEFORE_MS) {
        tell(
          'warn',
          `The certificate ${files.certificate} ${left < 0 ? 'has run out' : 'runs out'} on ${validUntil.toISOString().slice(0, 10)}`,
        )
      } else told = ''
    } catch (error) {
      if (file === null) throw error
      tell('error', `${messageOf(error)}; the one before stays`)
    }
  }
  await refresh()
  if (file !== null) await take(await readFile(join(layout.tls.state, file), 'utf8'))
  return {
    get file() {
      return file!
    },
    refresh,
  }
}

/** What is served with, or was when the yard went down. */
export async function findTlsCopy({ tls }: YardLayout): Promise<string | null> {
  return (await readdir(tls.state).catch(() => [])).find((name) => NAME.test(name)) ?? null
}

/** Puts the copy that a conf names beside it, for this sandbox's user alone; copies of before go. */
export async function writeTlsFor(layout: YardLayout, conf: { path: string; text: string }, uid: number | null) {
  const folder = dirname(conf.path)
  const name = /"conf\/(tls-[0-9a-f]{12}\.pem)"/.exec(conf.text)?.[1]
  for (const old of await readdir(folder).catch(() => [])) {
    if (NAME.test(old) && old !== name) await rm(join(folder, old), { force: true })
  }
  if (name === undefined) return
  const pem = await readFile(join(layout.tls.state, basename(name)), 'utf8').catch((cause) => {
    throw new EdgeyardError('TLS_INVALID', `Cannot use ${name}: that certificate has been renewed`, { cause })
  })
  await writeConf(join(folder, name), pem, uid)
}

async function readPair({ certificate, key }: TlsFiles): Promise<{ pem: string; validUntil: Date }> {
  const [certificateText, keyText] = await Promise.all([readPem('certificate', certificate), readPem('key', key)])
  const about = `the certificate ${certificate} and the key ${key}`
  try {
    const leaf = new X509Certificate(certificateText)
    if (!leaf.checkPrivateKey(createPrivateKey(keyText))) throw new Error('they do not belong together')
    createSecureContext({ cert: certificateText, key: keyText })
    return { pem: `${certificateText.trimEnd()}\n${keyText.trimEnd()}\n`, validUntil: new Date(leaf.validTo) }
  } catch (cause) {
    throw new EdgeyardError('TLS_INVALID', `Cannot use "tls" of yard.yml, ${about}: ${messageOf(cause)}`, { cause })
  }
}

async function readPem(what: string, file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new EdgeyardError('TLS_INVALID', `Cannot use "tls" of yard.yml: its ${what}: ${messageOf(cause)}`, { cause })
  })
}
