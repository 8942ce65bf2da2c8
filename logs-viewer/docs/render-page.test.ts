// Documentation in, HTML out: nothing of a comment gets to be more than text.
import assert from 'node:assert/strict'
import type { DocComment, Docs } from '../../servers/contract/docs.ts'
import { renderPage } from './render-page.ts'
import { firstSentence, renderText } from './render-text.ts'
import { searchIndex } from './search-index.ts'

const EVIL = `"><img src=x onerror=alert(1)></script>'&{@link <b>}\`<i>\``
const doc = (text: string, more: Partial<DocComment> = {}): DocComment => ({
  ...{ text, params: [], returns: '', throws: [], examples: [], deprecated: null },
  ...more,
})

const DOCS: Docs = {
  madeOf: 'x',
  common: '0123456789abcdef0123456789abcdef01234567',
  modules: [
    {
      name: 'edgeyard',
      doc: doc('What a script sees.'),
      entries: [
        {
          ...{ name: 'Context', kind: 'interface', signature: 'interface Context<Env>', doc: doc('One per request.') },
          members: [
            { name: 'log', signature: 'readonly log: Log', doc: doc('Said with {@link Log}.') },
            { name: '[Symbol.iterator]', signature: '[Symbol.iterator](): void', doc: doc('') },
          ],
        },
        { ...{ name: 'Log', kind: 'interface', signature: 'interface Log', doc: doc('') }, members: [] },
      ],
    },
    {
      name: 'common/geo/box',
      doc: doc('Boxes.'),
      entries: [
        {
          ...{ name: 'inside', kind: 'function', signature: 'function inside(ctx: Context): boolean' },
          doc: doc('Whether.', {
            params: [{ name: 'ctx', text: 'see `Context.log`' }],
            returns: 'Truth.',
            throws: ['Never.'],
            deprecated: 'Use {@link Log}.',
            examples: ["// how\nif (inside(ctx)) return 'yes'"],
          }),
          members: [],
        },
      ],
    },
  ],
}

describe('the pages of the documentation', () => {
  it('are one for each module, and one that lists what they have', () => {
    const start = renderPage(DOCS, '/docs/')!
    assert.match(start, /href="\/docs\/edgeyard#Context"/)
    assert.match(start, /href="\/docs\/common\/geo\/box#inside"/)
    assert.match(start, /at 0123456789ab</)
    assert.match(renderPage(DOCS, '/docs/common/geo/box')!, /<title>common\/geo\/box · edgeyard docs<\/title>/)
    for (const path of ['/docs', '/docs/common', '/docs/nothing', '/docs/edgeyard/', '/docs/../x']) {
      assert.equal(renderPage(DOCS, path), undefined, path)
    }
  })

  it('lead to every name, from signatures, texts and examples', () => {
    const page = renderPage(DOCS, '/docs/common/geo/box')!
    assert.match(page, /inside\(ctx: <a href="\/docs\/edgeyard#Context">Context<\/a>\): <span class="keyword">boolean/)
    assert.match(page, /see <a href="\/docs\/edgeyard#Context.log"><code>Context.log<\/code><\/a>/)
    assert.match(page, /Deprecated. Use <a href="\/docs\/edgeyard#Log"><code>Log<\/code><\/a>/)
    assert.match(page, /<span class="comment">\/\/ how<\/span>\n<span class="keyword">if<\/span>/)
    assert.match(page, /<dt><code>ctx<\/code><\/dt>.*<dt>returns<\/dt><dd>Truth\.<\/dd><dt>throws<\/dt><dd>Never\./s)
    const script = renderPage(DOCS, '/docs/edgeyard')!
    for (const [, anchor] of page.matchAll(/\/docs\/edgeyard#([^"]+)/g)) {
      assert.ok(script.includes(`id="${decodeURIComponent(anchor!)}"`), anchor)
    }
    assert.ok(script.includes('id="Context.[Symbol.iterator]"'))
  })

  it('show everything as the text that it is', () => {
    const everywhere = doc(EVIL, {
      ...{
        params: [{ name: EVIL, text: EVIL }],
        returns: EVIL,
        throws: [EVIL],
        examples: [EVIL, `'${EVIL}`],
        deprecated: EVIL,
      },
    })
    const entry = { name: EVIL, kind: 'const' as const, signature: EVIL, doc: everywhere }
    const member = { name: EVIL, signature: EVIL, doc: everywhere }
    const docs: Docs = {
      ...{ madeOf: EVIL, common: EVIL },
      modules: [{ name: EVIL, doc: everywhere, entries: [{ ...entry, members: [member] }] }],
    }
    const path = `/docs/${EVIL.split('/').map(encodeURIComponent).join('/')}`
    for (const page of [renderPage(docs, '/docs/')!, renderPage(docs, path)!]) {
      assert.doesNotMatch(page, /<(img src=x|b>|i>)|onerror=alert\(1\)>/)
      // Every tag is one of ours, and its attributes are whole.
      const tags = page.match(/<[^>]*>/g)!
      for (const tag of tags) {
        assert.match(tag, /^<(!doctype html|\/?[a-z]+[1-6]?(?: [a-z-]+(?:="[^"<>]*")?)*)>$/, tag)
      }
    }
  })

  it('are the same for the same', () => {
    for (const path of ['/docs/', '/docs/edgeyard']) assert.equal(renderPage(DOCS, path), renderPage(DOCS, path))
  })

  it('have an index of every name', () => {
    assert.deepEqual(
      searchIndex(DOCS).map(({ name, href, text }) => [name, href, text]),
      [
        ['edgeyard', '/docs/edgeyard', 'What a script sees.'],
        ['Context', '/docs/edgeyard#Context', 'One per request.'],
        ['Context.log', '/docs/edgeyard#Context.log', 'Said with Log.'],
        ['Context.[Symbol.iterator]', '/docs/edgeyard#Context.%5BSymbol.iterator%5D', ''],
        ['Log', '/docs/edgeyard#Log', ''],
        ['common/geo/box', '/docs/common/geo/box', 'Boxes.'],
        ['inside', '/docs/common/geo/box#inside', 'Whether.'],
      ],
    )
  })
})

describe('the text of a doc comment', () => {
  it('has paragraphs, lists, code and fences', () => {
    const html = renderText(
      'One\nline.\n\nThese:\n- `a` & b\n- c\n\n```ts\nconst x = 1\n\nx\n```\nEnd.',
      () => undefined,
    )
    assert.equal(
      html,
      '<p>One\nline.</p><p>These:</p><ul><li><code>a</code> &amp; b</li><li>c</li></ul>' +
        '<pre class="example"><code><span class="keyword">const</span> x = <span class="number">1</span>\n\nx</code></pre><p>End.</p>',
    )
  })

  it('is summed up by its first sentence', () => {
    for (const [text, first] of [
      ['One. Two.', 'One.'],
      ['One command, e.g. `SET`. Two.', 'One command, e.g. `SET`.'],
      ['Waits\nfor 1.5 s. More', 'Waits for 1.5 s. More'],
      ['No stop\n\nNext. Paragraph', 'No stop'],
    ] as const) {
      assert.equal(firstSentence(text), first)
    }
  })
})
