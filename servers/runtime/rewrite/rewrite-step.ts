// `rewrite PATTERN TEXT [FLAG];`
import type { RewriteConf, Text } from '../../contract/conf/conf.ts'
import { logFor } from '../log-for.ts'
import type { Outcome } from '../outcome.ts'
import { page } from '../pages.ts'
import type { ServedRequest } from '../served-request.ts'
import { evaluate } from '../variables/evaluate.ts'
import { escapeIn, redirectTo } from './redirect-to.ts'
import { takeCaptures } from './take-captures.ts'

/** `changed`: the path is another now, and what follows goes on with it. */
export type Rewritten = 'changed' | 'last' | 'break' | Outcome | undefined

export function planRewrite(conf: Extract<RewriteConf, { kind: 'rewrite' }>): (request: ServedRequest) => Rewritten {
  const regex = new RegExp(conf.pattern.source, conf.pattern.caseless ? 'i' : '')
  const { flag } = conf
  const { text, dropsArgs } = withoutMark(conf.replacement)
  const [path, args] = splitAtMark(text)
  if (flag === 'redirect' || flag === 'permanent' || isUrl(text)) {
    const status = flag === 'permanent' ? 301 : 302
    return (request) => {
      if (!fits(regex, request)) return undefined
      let url = withEscapedCaptures(request, path, /[^\x21-\x7e]+|["%?#]/g)
      if (args !== undefined) url += `?${withEscapedCaptures(request, args, IN_ARGS)}`
      if (!dropsArgs && request.args !== '') url += `${args === undefined ? '?' : '&'}${request.args}`
      return redirectTo(request, status, url)
    }
  }
  return (request) => {
    if (!fits(regex, request)) return undefined
    const before = request.args
    const uri = evaluate(path, request)
    if (args !== undefined) {
      const own = withEscapedCaptures(request, args, IN_ARGS)
      request.args = dropsArgs || before === '' ? own : `${own}&${before}`
    } else if (dropsArgs) request.args = ''
    if (uri === '') {
      logFor(request, 'error', 'the rewritten URI has a zero length')
      return page(500, request.id)
    }
    request.uri = uri
    request.internal = true
    return flag ?? 'changed'
  }
}

/** What a pattern that does not fit has captured is nothing, as in nginx. */
function fits(regex: RegExp, request: ServedRequest): boolean {
  const captures = regex.exec(request.uri)
  if (captures === null) request.captures = undefined
  else takeCaptures(request, captures)
  return captures !== null
}

/** A `?` at the end says that the arguments of the request are not to be added. */
function withoutMark(text: Text): { text: Text; dropsArgs: boolean } {
  const last = text.at(-1)
  if (typeof last !== 'string' || !last.endsWith('?')) return { text, dropsArgs: false }
  return { text: [...text.slice(0, -1), last.slice(0, -1)], dropsArgs: true }
}

function isUrl([first]: Text): boolean {
  return typeof first === 'string' ? /^https?:\/\//.test(first) : first?.variable === 'scheme'
}

/** At the first `?` that the conf itself writes: one that a pattern captured is part of the path. */
function splitAtMark(text: Text): readonly [path: Text, args: Text | undefined] {
  for (const [index, part] of text.entries()) {
    const mark = typeof part === 'string' ? part.indexOf('?') : -1
    if (typeof part !== 'string' || mark === -1) continue
    const path = [...text.slice(0, index), part.slice(0, mark)]
    return [path, [part.slice(mark + 1), ...text.slice(index + 1)]]
  }
  return [text, undefined]
}

const IN_ARGS = /[^\x21-\x7e]+|["%&+?#]/g

/** The path is decoded, so what was captured of it is escaped again where it goes back into a URL, as nginx does. */
function withEscapedCaptures(request: ServedRequest, text: Text, what: RegExp): string {
  const { rawPath } = request.original
  if (!/[%+]/.test(rawPath)) return evaluate(text, request)
  const { captures } = request
  request.captures = captures?.map((value) => value && escapeIn(value, what))
  try {
    return evaluate(text, request)
  } finally {
    request.captures = captures
  }
}
