import assert from 'node:assert/strict'
import { renderError } from './render-error.ts'

describe('renderError', () => {
  const unpainted = (_style: string, text: string) => text

  it('shows the stack of what nobody expected, and none for what the machine refuses', () => {
    assert.match(renderError(new Error('oh'), unpainted), /^edgeyard: oh\n {4}at /)
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    assert.equal(renderError(full, unpainted), 'edgeyard: ENOSPC: no space left on device, write')
  })
})
