// What is wrong with a yard.yml, for tests.
import assert from 'node:assert/strict'
import { isEdgeyardError } from '../../servers/contract/errors.ts'
import { parseSettings } from './read-settings.ts'

/** Every complaint, as `line:column message`. */
export function complaintsAbout(text: string): string[] {
  try {
    parseSettings(text, 'yard.yml')
  } catch (error) {
    assert.ok(isEdgeyardError(error))
    return error.diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }
  return assert.fail(`${text} was accepted`)
}
