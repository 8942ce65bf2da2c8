// req.body, req.formData() and bodies of replies.
import assert from 'node:assert/strict'
import type { EdgeRequest, HttpScript } from 'edgeyard'
import { serveScript } from '../../testing/script/testing.ts'
import type { Yard } from '../../testing/script/types.ts'

describe('a body', () => {
  let yard: Yard | undefined
  afterEach(() => yard?.stop())
  const serve = async (fetch: HttpScript['fetch'], conf?: string) => {
    yard = await serveScript({ fetch }, conf === undefined ? {} : { conf })
    return yard
  }
  const posted = async (body: RequestInit['body'], headers: Record<string, string> = {}) => {
    const reply = await yard!.fetch('/', { method: 'POST', headers, ...(body == null ? {} : { body }) })
    return reply.status === 200 ? reply.text() : reply.status
  }

  it('is null where there is none, and may be looked at before it is read another way', async () => {
    await serve(async (req) => ({ body: `${req.body === null} ${await req.text()}` }))
    assert.equal(await (await yard!.fetch('/')).text(), 'true ')
    assert.equal(await posted('abc'), 'false abc')
  })

  it('is a stream of what was read whole, and cannot be read whole once its pieces were taken', async () => {
    await serve(async (req) => {
      if (req.query.has('whole')) await req.text()
      let all = ''
      for await (const piece of req.body!) all += Buffer.from(piece)
      const again = await req.text().catch((error: Error) => error.message)
      return { body: `${all} ${again}` }
    })
    assert.equal(await posted('abc'), 'abc The body was read as a stream already')
    const reply = await yard!.fetch('/?whole', { method: 'POST', body: 'abc' })
    assert.equal(await reply.text(), 'abc abc')
  })

  it('that is longer than its location allows is 413 as a stream, too', async () => {
    await serve(async (req) => {
      for await (const _ of req.body!);
      return { body: 'all' }
    }, 'location / { client_max_body_size 10; script src/main.ts; }')
    const long = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(100))
        controller.close()
      },
    })
    assert.equal(await posted(long), 413)
  })

  it('of a reply may be an async generator, whose end is told when the client goes', async () => {
    let over = () => {}
    const ended = new Promise<void>((resolve) => {
      over = resolve
    })
    await serve(() => ({
      body: (async function* () {
        try {
          for (;;) yield 'tick '
        } finally {
          over()
        }
      })(),
    }))
    const reader = (await yard!.fetch('/')).body!.getReader()
    assert.match(Buffer.from((await reader.read()).value!).toString(), /^tick /)
    await reader.cancel()
    await ended
  })

  describe('that is a form', () => {
    const entries = async (req: EdgeRequest) => {
      const list: unknown[] = []
      for (const [name, value] of await req.formData()) {
        list.push([name, typeof value === 'string' ? value : [value.name, value.type, await value.text()]])
      }
      return Response.json(list)
    }
    const multipart = { 'content-type': 'multipart/form-data; boundary="XX"' }
    const parts = (...all: string[]) => `${all.map((part) => `--XX\r\n${part}\r\n`).join('')}--XX--\r\n`
    const disposition = 'Content-Disposition: form-data;'

    beforeEach(() => serve(entries))

    it('as a browser sends it has texts and files', async () => {
      const form = new FormData()
      form.append('name', 'Ada €')
      form.append('file', new File(['hello'], 'a "b".txt', { type: 'text/plain' }))
      assert.deepEqual(JSON.parse(`${await posted(form)}`), [
        ['name', 'Ada €'],
        ['file', ['a "b".txt', 'text/plain', 'hello']],
      ])
      assert.deepEqual(JSON.parse(`${await posted(new URLSearchParams({ a: '1 €', b: '' }))}`), [
        ['a', '1 €'],
        ['b', ''],
      ])
    })

    for (const [title, body, expected] of [
      ['without quotes, as .NET', parts(`${disposition} name=a\r\n\r\n1`), [['a', '1']]],
      ['with text around the parts', `pre\r\n${parts(`${disposition} name="a"\r\n\r\n1`)}post`, [['a', '1']]],
      [
        'with filename*, as .NET',
        parts(`${disposition} name=f; filename=x; filename*=utf-8''%e2%82%ac.txt\r\nContent-Type: a/b\r\n\r\n1`),
        [['f', ['€.txt', 'a/b', '1']]],
      ],
      [
        'with a path as the name of a file',
        parts(`${disposition} name="f"; filename="../../x"\r\n\r\n1`),
        [['f', ['x', 'text/plain', '1']]],
      ],
      ['with no part', '--XX--\r\n', []],
    ] as const) {
      it(`${title} is read`, async () => {
        assert.deepEqual(JSON.parse(`${await posted(body, multipart)}`), expected)
      })
    }

    for (const [title, body, headers, why] of [
      ['of another type', '{}', { 'content-type': 'application/json' }, 'application/json'],
      ['without a boundary', 'x', { 'content-type': 'multipart/form-data' }, 'Boundary not found'],
      ['that is cut', parts(`${disposition} name="a"\r\n\r\n1`).slice(0, -12), multipart, 'Unexpected end'],
      [
        'of too many parts',
        parts(...Array(1001).fill(`${disposition} name="a"\r\n\r\n1`)),
        multipart,
        'more than 1000',
      ],
      [
        'of too many fields',
        'a=1&'.repeat(1001),
        { 'content-type': 'application/x-www-form-urlencoded' },
        'more than 1000',
      ],
      ['with a name too long', parts(`${disposition} name="${'a'.repeat(2000)}"\r\n\r\n1`), multipart, '1024 bytes'],
    ] as const) {
      it(`${title} is a TypeError that says so`, async () => {
        assert.equal(await posted(body, headers), 500)
        assert.match((await yard!.log.until(why)).message, /^TypeError: Cannot read/)
      })
    }
  })
})
