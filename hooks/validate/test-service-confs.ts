// The confs of Redis and rsyslogd, read by the programs themselves. Neither has a candidate that boots beside the old process:
// the old one has ended when the new one would find its conf broken, so what is wrong has to be known before.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ended } from '../../devenv/exec/command.ts'
import { runCommand } from '../../devenv/exec/run-command.ts'
import type { YardLayout } from '../../devenv/sandbox/layout.ts'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import type { RenderedConf } from '../../templates/render.ts'

/** Reading a conf takes some ten milliseconds; a program that goes on after it is ended here. */
const READ_DEADLINE_MS = 5_000

/**
 * Tries the confs that differ from those on disk. A mistake that several developers inherit is told once. `secrets` are
 * shown as stars. Rejects with `COMMAND_FAILED` when redis-server or rsyslogd cannot be started.
 */
export async function testServiceConfs(
  layout: YardLayout,
  confs: readonly RenderedConf[],
  secrets: readonly string[],
): Promise<Diagnostic[]> {
  const found = await Promise.all(confs.map((conf) => testConf(layout, conf)))
  const seen = new Set<string>()
  return found.flat().flatMap((diagnostic) => {
    const key = `${diagnostic.line}: ${diagnostic.message}`
    if (seen.has(key)) return []
    seen.add(key)
    return [hideSecrets(diagnostic, secrets)]
  })
}

async function testConf(layout: YardLayout, conf: RenderedConf): Promise<Diagnostic[]> {
  const { template, developer, text } = conf
  if (template !== 'redis' && template !== 'rsyslog') return []
  const file = template === 'redis' ? layout.redis(developer).conf : layout.rsyslog.conf
  if ((await readFile(file, 'utf8').catch(() => null)) === text) return []
  return template === 'redis' ? await testRedis(conf) : await testRsyslog(conf)
}

/** Redis has no test of a conf, but it reads all of it before it finds that it may listen nowhere, and ends. */
async function testRedis({ developer, text }: RenderedConf): Promise<Diagnostic[]> {
  // Its folder is made when it is first started, and its socket may be another's who is live.
  const input = text.replace(/^(dir|unixsocket) .*$/gm, '')
  const args = ['-', '--port', '0', '--daemonize', 'no', '--logfile', '']
  const ended = await runCommand(
    { file: '/usr/bin/redis-server', args, cwd: '/' },
    { input, timeoutMs: READ_DEADLINE_MS },
  )
  const [, line, lineText = '', why = ''] =
    /FATAL CONFIG FILE ERROR[^\n]*\nReading the configuration file, at line (\d+)\n>>> '(.*)'\n(.*)/.exec(
      said(ended),
    ) ?? []
  if (line === undefined) return []
  const place = { file: `redis.conf (${developer})`, line: Number(line), column: 1 }
  return [{ ...place, lineText, length: lineText.length, message: `Redis cannot read this: ${why}` }]
}

async function testRsyslog({ text }: RenderedConf): Promise<Diagnostic[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeyard-rsyslog-'))
  try {
    const file = join(folder, 'rsyslog.conf')
    // Its folder is made when it is first started.
    await writeFile(file, text.replace(/workDirectory="[^"]*"/, `workDirectory="${folder}"`), { mode: 0o600 })
    const args = ['-N1', '-f', file]
    const ended = await runCommand({ file: '/usr/sbin/rsyslogd', args, cwd: '/' }, { timeoutMs: READ_DEADLINE_MS })
    if (ended.exitCode === 0) return []
    const errors = [...said(ended).matchAll(/on or before line (\d+): (.*?) \[v/g)]
    return errors.map(([, line, why]) => {
      const lineText = text.split('\n')[Number(line) - 1] ?? ''
      const message = `rsyslogd cannot read what ends here: ${why}`
      return { file: 'rsyslog.conf', line: Number(line), column: 1, lineText, length: lineText.length, message }
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`
}

function hideSecrets(diagnostic: Diagnostic, secrets: readonly string[]): Diagnostic {
  const hide = (text: string) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
  return { ...diagnostic, message: hide(diagnostic.message), lineText: hide(diagnostic.lineText ?? '') }
}
