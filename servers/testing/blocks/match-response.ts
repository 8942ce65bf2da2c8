// What came over the wire against what a block says should come.
import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { RawClient, RawResponse } from '../../transport/contract/raw-client.ts'
import type { Section } from './parse-blocks.ts'

const PLACEHOLDERS: Readonly<Record<string, string>> = { id: '[0-9a-f]{32}', any: '[^]*?', n: '\\d+' }

/** A text with `<id>`, `<any>` and `<n>` in it, as a pattern for the whole. */
export function patternOf(text: string): RegExp {
  const source = text
    .split(/<(id|any|n)>/)
    .map((part, index) => (index % 2 === 1 ? PLACEHOLDERS[part]! : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`)
}

/** `closed` in the place of a response: the connection ends without one. */
export async function expectResponse(client: RawClient, request: Section, expected: string): Promise<void> {
  if (expected === 'closed') return assert.equal(await client.rest(), '')
  matchResponse(await client.response({ toHead: isHead(request) }), expected)
}

function isHead(request: Section): boolean {
  return request.text.startsWith('HEAD ')
}

/**
 * Throws an AssertionError. `expected` is a status line, headers that must be there (`!name` for one that must not), and behind an
 * empty line the body; without the empty line any body will do.
 */
function matchResponse(response: RawResponse, expected: string): void {
  const shown = `${response.status}\n${response.headers.map((header) => header.join(': ')).join('\n')}\n\n${textOf(response)}`
  const end = expected.indexOf('\n\n')
  const [statusLine = '', ...headers] = (end === -1 ? expected : expected.slice(0, end)).split('\n')
  assert.equal(response.status, Number(/\d{3}/.exec(statusLine)?.[0]), `The status of\n${shown}`)
  for (const line of headers) {
    if (line.startsWith('!')) {
      assert.equal(response.header(line.slice(1).toLowerCase()), undefined, `No header ${line.slice(1)} in\n${shown}`)
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = patternOf(line.slice(colon + 1).trim())
    const values = response.headers.filter(([own]) => own === name).map(([, own]) => own)
    assert.ok(
      values.some((each) => value.test(each)),
      `The header ${line} in\n${shown}`,
    )
  }
  if (end === -1) return
  const body = textOf(response).replace(/\n+$/, '')
  const wanted = expected.slice(end + 2).replace(/\n+$/, '')
  assert.ok(patternOf(wanted).test(body), `The body\n${wanted}\nin\n${shown}`)
}

function textOf({ body, header }: RawResponse): string {
  return (header('content-encoding') === 'gzip' && body.length > 0 ? gunzipSync(body) : body).toString('utf8')
}
