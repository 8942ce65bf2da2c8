// ngx_http_log_module.
import type { AccessLogConf, Text } from '../conf.ts'
import { readAccessLogTarget } from '../read-log-target.ts'
import { joinTexts, readText } from '../read-text.ts'
import { References } from '../references.ts'
import { show, type Word, wordOf } from '../tokenize.ts'
import { BadValue, readOneOf, rest } from '../values.ts'
import { ARGS_MAX, directive, HTTP } from './directive.ts'

export interface LogFormat {
  readonly name: string
  readonly escape: AccessLogConf['escape']
  readonly format: Text
}

/** Undefined for `access_log off;`. */
type AccessLog = (Omit<AccessLogConf, 'format' | 'escape'> & { readonly formatName: string }) | undefined

export const LOG = {
  log_format: directive<LogFormat>({
    contexts: ['edge'],
    usage: 'log_format NAME [escape=default|json|none] TEXT...;',
    args: [2, ARGS_MAX],
    many: true,
    read: readLogFormat,
    does: "A line of an `access_log`. `combined` is there, nginx's own.",
  }),
  access_log: directive<AccessLog>({
    contexts: HTTP,
    usage: 'access_log FILE|stderr|syslog:server=unix:PATH,tag=NAME[,severity=SEVERITY]|off [FORMAT] [if=TEXT];',
    args: [1, 3],
    many: true,
    read: readAccessLog,
    standard: 'off',
    does: 'Writes a line for each request, unless `if` is empty or 0. A FILE is relative to the prefix.',
  }),
}

function readLogFormat([name, ...words]: readonly Word[], references: References): LogFormat {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name!.text)) {
    throw new BadValue(name!, `${show(name!.text)} is not the name of a format`)
  }
  let escaping: AccessLogConf['escape'] = 'default'
  if (words[0]!.text.startsWith('escape=')) {
    const word = rest(words.shift()!, 'escape='.length)
    escaping = readOneOf(word, ['default', 'json', 'none'], 'a way to escape')
    if (words.length === 0) throw new BadValue(name!, `The format ${show(name!.text)} has no text`)
  }
  references.defines('log_format', name!.text)
  return { name: name!.text, escape: escaping, format: joinTexts(words.map((word) => readText(word, references))) }
}

function readAccessLog([target, ...words]: readonly Word[], references: References): AccessLog {
  if (target!.text === 'off') return undefined
  const to = readAccessLogTarget(target!)
  let formatName = 'combined'
  let condition: Text | undefined
  for (const [index, word] of words.entries()) {
    if (word.text.startsWith('if=')) condition = readText(rest(word, 3), references)
    else if (/^(?:buffer=|flush=|gzip(?:=|$))/.test(word.text)) {
      throw new BadValue(word, `${show(word.text)} is a parameter of "access_log" that edgeyard does not have`)
    } else if (index === 0) {
      formatName = word.text
      references.uses('log_format', formatName, word)
    } else throw new BadValue(word, `${show(word.text)} is no parameter of "access_log": after the format comes if=`)
  }
  return { to, formatName, condition }
}

/** As nginx gives it. */
export const COMBINED: LogFormat = {
  name: 'combined',
  escape: 'default',
  format: readText(
    wordOf(
      '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
    ),
    new References(),
  ),
}
