import assert from 'node:assert/strict'
import { parseRecordLine, type RecordBody } from './record.ts'
import { createFramer, FRAME_BYTES_MAX, type UnnumberedBody } from './syslog.ts'

const RUN = '0mwo7pxc5-3lllll'
const BODY: UnnumberedBody = {
  time: '2026-11-20T12:00:00.123Z',
  severity: 'error',
  message: 'a/b "q" é 😀\nsecond line',
  pid: 12,
}

const frameRecord = (tag: string, body: UnnumberedBody) => Buffer.from(createFramer(tag, RUN).frame(body))

function unframe(frame: Buffer): { header: string; body: RecordBody } {
  const text = frame.toString()
  const [, length, line] = /^(\d+) (.*)$/s.exec(text)!
  assert.equal(Buffer.byteLength(line!), Number(length), 'the count is the bytes of the line')
  const start = line!.indexOf('{')
  return { header: line!.slice(0, start), body: JSON.parse(line!.slice(start)) }
}

describe('a framer', () => {
  it('counts octets in front of an RFC 5424 line whose message is the body', () => {
    const { header, body } = unframe(frameRecord('socketserver', BODY))
    assert.equal(header, `<131>1 2026-11-20T12:00:00.123Z - socketserver 12 - [edgeyard@32473 run="${RUN}"] `)
    assert.deepEqual(body, { run: RUN, seq: 1, ...BODY })
  })

  it('keeps a tag inside its field, whatever is in it', () => {
    const { header } = unframe(frameRecord(`a b\n${'x'.repeat(100)}`, BODY))
    assert.match(header, /^<131>1 \S+ - a_b_x{44} 12 - \[\S+ \S+\] $/)
    assert.match(unframe(frameRecord('', BODY)).header, / - - 12 - \[/)
  })

  const long = 'x'.repeat(200_000)
  const table: [string, Partial<RecordBody>, RegExp][] = [
    ['a message', { message: long }, /cut: 200000 characters/],
    ['a message of control characters', { message: '\x01'.repeat(200_000) }, /cut: 200000 characters/],
    ['a message of pairs', { message: '😀'.repeat(100_000) }, /😀 … \[cut: 200000 characters\]/],
    ['a stack', { stack: long }, /cut: 200000 characters/],
    ['fields', { fields: { a: long, b: 1 } }, /200014 bytes of fields/],
    ['everything', { message: long, stack: long, request: long, release: long, fields: { long } }, /cut/],
  ]
  for (const [name, part, said] of table) {
    it(`cuts ${name} that is too long, stays valid JSON and says so`, () => {
      const frame = frameRecord('socketserver', { ...BODY, ...part })
      assert.ok(frame.length <= FRAME_BYTES_MAX, `${frame.length} bytes`)
      const { body } = unframe(frame)
      assert.match(JSON.stringify(body), said)
      assert.equal(body.seq, 1)
    })
  }

  it('numbers its records, and says how many there were when there is something to say', () => {
    const framer = createFramer('socketserver', RUN)
    assert.equal(framer.frameCount(BODY.time, 12), undefined)
    const frames = [framer.frame(BODY), framer.frame(BODY), framer.frameCount(BODY.time, 12)!]
    assert.equal(framer.frameCount(BODY.time, 12), undefined)
    const bodies = frames.map((frame) => unframe(Buffer.from(frame)).body)
    assert.deepEqual(
      bodies.map(({ seq, kind }) => [seq, kind]),
      [
        [1, undefined],
        [2, undefined],
        [3, 'count'],
      ],
    )
    assert.equal(bodies[2]!.message, '2 records until here')
  })

  it('leaves a record alone that just fits', () => {
    const stack = 'x'.repeat(60_000)
    assert.equal(unframe(frameRecord('socketserver', { ...BODY, stack })).body.stack, stack)
  })
})

describe('parseRecordLine', () => {
  const origin = { server: 'socketserver', developer: 'dev1' }

  it('takes who it was from the file, never from the line', () => {
    const line = JSON.stringify({ ...BODY, received: '2026-11-20T12:00:00.124Z', developer: 'dev2', server: 'redis' })
    assert.deepEqual(parseRecordLine(line, origin), { ...BODY, ...origin, received: '2026-11-20T12:00:00.124Z' })
  })

  it('keeps of fields that nothing could render again that they were too deep, and everything else', () => {
    const line = (depth: number) => `{"message":"m","fields":{"a":${'['.repeat(depth)}${']'.repeat(depth)}},"pid":7}`
    const { fields, message, pid } = parseRecordLine(line(50_000), origin)
    assert.deepEqual({ fields, message, pid }, { fields: { cut: 'more than 100 deep' }, message: 'm', pid: 7 })
    JSON.stringify(parseRecordLine(line(900), origin))
  })

  it('keeps the time of arrival of a line that only its collector took for JSON', () => {
    const line = `{"received":"2026-11-20T12:00:00.124Z","time":NaN}`
    assert.deepEqual(parseRecordLine(line, origin), {
      ...origin,
      time: '2026-11-20T12:00:00.124Z',
      received: '2026-11-20T12:00:00.124Z',
      severity: 'notice',
      message: line,
    })
  })
})
