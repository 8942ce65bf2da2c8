// Where a log goes, as nginx writes it: FILE, stderr, or syslog:server=unix:PATH,tag=NAME.
import { didYouMean } from '../nearest.ts'
import { parseSeverity, type Severity } from '../record.ts'
import type { AccessLogConf, ErrorLog } from './conf.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, readOptions, readPlain, within } from './values.ts'

/** nginx's names, from least to most severe. */
const SEVERITIES = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'] as const satisfies Severity[]

/** Of `error_log`. Throws BadValue. Default severity `error`, as in nginx. */
export function readErrorLog([target, level]: readonly Word[]): ErrorLog {
  const severity = level === undefined ? 'error' : readSeverity(level)
  if (target!.text.startsWith('syslog:')) return { kind: 'syslog', ...readSyslog(target!, ['server', 'tag']), severity }
  return { ...readPlainTarget(target!), severity }
}

/** Of `access_log`. Throws BadValue. Default severity `info`, as in nginx. */
export function readAccessLogTarget(word: Word): AccessLogConf['to'] {
  if (!word.text.startsWith('syslog:')) return readPlainTarget(word)
  const { severity = 'info', ...to } = readSyslog(word, ['server', 'tag', 'severity'])
  return { kind: 'syslog', ...to, severity }
}

function readPlainTarget(word: Word): { kind: 'stderr' } | { kind: 'file'; path: string } {
  const { text } = word
  if (text === 'stderr') return { kind: 'stderr' }
  if (text === '' || text.startsWith('memory:')) {
    throw new BadValue(word, 'This is no place for a log: write a file, stderr, or syslog:server=unix:PATH,tag=NAME')
  }
  return { kind: 'file', path: readPlain(word) }
}

function readSeverity(word: Word): Severity {
  const list = SEVERITIES.map((each) => `"${each}"`).join(', ')
  const found = parseSeverity(word.text)
  // Other names of a severity are known, so that they can be told from nonsense; nginx takes its own alone.
  if (found === word.text) return found
  const hint = didYouMean(found ?? word.text, SEVERITIES)
  throw new BadValue(word, `${show(word.text)} is not a severity: allowed are ${list}`, hint)
}

function readSyslog(
  word: Word,
  keys: readonly ('server' | 'tag' | 'severity')[],
): { path: string; tag: string; severity?: Severity } {
  let start = 'syslog:'.length
  const parts = word.text
    .slice(start)
    .split(',')
    .map((text): Word => {
      const part = { ...word, ...within(word, start, text.length), text, quoted: false }
      start += text.length + 1
      return part
    })
  const options = readOptions(parts, keys)
  const server = options.get('server')
  const tag = options.get('tag')
  const severity = options.get('severity')
  if (server === undefined || tag === undefined) {
    throw new BadValue(word, `A syslog target needs "${server === undefined ? 'server=unix:PATH' : 'tag=NAME'}"`)
  }
  if (!/^unix:\/./.test(server.text)) {
    throw new BadValue(server, 'Records go to a Unix socket: write server=unix:/path/to.sock')
  }
  // nginx's own rule for a tag.
  if (!/^[A-Za-z0-9_]{1,32}$/.test(tag.text)) {
    throw new BadValue(tag, 'A tag is 1 to 32 letters, digits and "_"')
  }
  const target = { path: server.text.slice('unix:'.length), tag: tag.text }
  return severity === undefined ? target : { ...target, severity: readSeverity(severity) }
}
