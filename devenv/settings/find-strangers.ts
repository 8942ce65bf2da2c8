// Whom yard.yml names in limits and quotas, and who is no developer: one who comes later, or a name that was mistyped.
import { isMap, isScalar, type Node, parseDocument } from 'yaml'
import { type Diagnostic, locate } from '../../servers/contract/diagnostic.ts'
import { didYouMean } from '../../servers/contract/nearest.ts'
import { startOf } from './settings-fields.ts'

/** Pure. `file` is only the name that diagnostics carry. Of a text that is no YAML whoever reads the settings says what is wrong. */
export function findStrangers(text: string, file: string, developers: readonly string[]): Diagnostic[] {
  const document = parseDocument(text)
  if (document.errors.length > 0 || !isMap(document.contents)) return []
  return ['limits', 'quotas'].flatMap((section) => {
    const people = document.getIn([section, 'developers'], true)
    if (!isMap(people)) return []
    return people.items.flatMap(({ key }) => {
      const name = String(isScalar(key) ? key.value : key)
      if (developers.includes(name)) return []
      return {
        ...{ file, ...locate(text, startOf(key as Node)), length: name.length },
        message: `${section} of "${name}" count for nobody: there is no such developer`,
        hint: didYouMean(name, developers) ?? `they count as soon as somebody is added who is called that`,
      }
    })
  })
}
