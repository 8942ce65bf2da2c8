import assert from 'node:assert/strict'
import type { RenderInput, TemplateFiles } from '../../templates/render.ts'
import { confOf } from '../../templates/render.ts'
import { brief, FACTS, withText, yardFiles } from '../../templates/two-developer-yard.fixture.ts'
import { renderWhatFits } from './render-what-fits.ts'

const VALUES = 'socketserver.values.yaml'

describe('what fits of a yard', () => {
  let files: TemplateFiles
  before(async () => {
    files = await yardFiles()
  })
  const render = (input: Partial<RenderInput> = {}) => renderWhatFits({ files, branches: {}, facts: FACTS, ...input })
  const leftOut = (input: Partial<RenderInput>) => render(input).leftOut.map(({ kind, name }) => `${kind} ${name}`)
  const branch = (section: string) => withText(files, VALUES, 'dev2: { LISTEN: 1082 }', `dev2: { ${section} }`)

  it('is everything, where everything fits', () => {
    const { confs, diagnostics, complaints, leftOut: left } = render()
    assert.equal(confs.length, 11)
    assert.deepEqual([diagnostics, complaints, left], [[], [], []])
  })

  it('is everybody but who has no section yet, and says what is wrong without that', () => {
    const eve = { ...FACTS.developers[2]!, name: 'eve', index: 3 }
    const facts = { ...FACTS, developers: [...FACTS.developers, eve] }
    const { confs, leftOut: left, complaints } = render({ facts })
    assert.deepEqual(confs, render().confs)
    assert.deepEqual(left, [{ kind: 'developer', name: 'eve', diagnostics: [] }])
    assert.match(complaints.map(brief).join('\n'), /socketserver\/eve has no LISTEN of its own/)
  })

  it('is everybody who is in the yard, whoever else has a section', () => {
    const facts = { ...FACTS, developers: FACTS.developers.slice(0, 2) }
    const { confs, leftOut: left } = render({ facts })
    assert.deepEqual(
      left.map(({ kind, name }) => `${kind} ${name}`),
      ['section dev2'],
    )
    assert.deepEqual(
      confs.filter(({ template }) => template !== 'rsyslog'),
      render().confs.filter(({ template, developer }) => template !== 'rsyslog' && developer !== 'dev2'),
    )
  })

  it('has what master says of a developer whose branch does not fit, with the reason', () => {
    // As after two pushes at once: one set the key, the other took it away from everybody.
    const branches = { dev1: files, dev2: branch('LISTEN: 1082, GUESTS: "on;"') }
    const { confs, leftOut: left } = render({ branches })
    assert.deepEqual(confs, render().confs)
    assert.deepEqual(
      left.map(({ kind, name }) => `${kind} ${name}`),
      ['branch dev2'],
    )
    assert.match(left[0]!.diagnostics.map(brief).join(), /^dev2:socketserver\.values\.yaml: .*GUESTS/)
  })

  it('goes on when the branch hid that another does not fit either', () => {
    const open = withText(files, VALUES, 'GUESTS ]', 'GUESTS, LISTEN ]')
    // Valid one by one: dev1 left port 1081, which dev2 took; but dev1 has a value that no conf takes.
    const dev1 = withText(open, VALUES, 'dev1: { LISTEN: 1081 }', 'dev1: { LISTEN: 1090, IDLE_TIMEOUT: 5s }')
    const dev2 = withText(open, VALUES, 'dev2: { LISTEN: 1082 }', 'dev2: { LISTEN: 1081 }')
    const rendered = render({ files: open, branches: { dev1, dev2 } })
    assert.deepEqual(
      rendered.leftOut.map(({ kind, name }) => `${kind} ${name}`),
      ['branch dev1', 'branch dev2'],
    )
    assert.match(confOf(rendered, 'socketserver', 'dev2')!.text, /listen 127\.0\.0\.1:1082;/)
    assert.match(confOf(rendered, 'socketserver', 'dev1')!.text, /listen 127\.0\.0\.1:1081;/)
  })

  it("is nothing, with all that is wrong, when the operator's own files are", () => {
    for (const broken of [
      withText(files, VALUES, 'dev2: { LISTEN: 1082 }', 'dev2: { LISTEN: 1081 }'),
      withText(files, VALUES, 'dev2: {', 'dev2: { NOTHING: 1,'),
      withText(files, VALUES, 'dev2: { LISTEN: 1082 }', 'dev2: {'),
    ]) {
      const { confs, diagnostics, complaints } = render({ files: broken, branches: { dev2: branch('GUESTS: "on;"') } })
      assert.deepEqual([confs, complaints], [[], diagnostics])
      assert.ok(diagnostics.length > 0)
      assert.deepEqual(leftOut({ files: broken }), [])
    }
  })
})
