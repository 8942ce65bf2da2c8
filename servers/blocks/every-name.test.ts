import assert from 'node:assert/strict'
import { DIRECTIVE_NAMES } from '../contract/conf/directives.ts'
import { HOOKS } from '../runtime/script-hooks.ts'
import { readBlockFiles } from '../testing/blocks/read-block-files.ts'

describe('the blocks', () => {
  const sections = readBlockFiles().flatMap(({ blocks }) => blocks.flatMap((block) => block.sections))
  const textOf = (...names: string[]) =>
    sections
      .filter(({ name, args }) => names.includes(name) || (name === 'file' && args.endsWith('.conf')))
      .map(({ text }) => text)
      .join('\n')

  it('have every directive in a conf', () => {
    const confs = textOf('main', 'edge', 'conf')
    assert.deepEqual(
      DIRECTIVE_NAMES.filter((name) => !new RegExp(`(?:^|[;{}]) *${name}[ ;]`, 'm').test(confs)),
      [],
    )
  })

  it('have every hook in a script', () => {
    const scripts = textOf('script', 'edit')
    assert.deepEqual(
      HOOKS.filter((name) => !new RegExp(`^(?:export default \\{| ) *(?:async )?${name}(?:\\(|:)`, 'm').test(scripts)),
      [],
    )
  })
})
