// How esbuild names a file of ours, and how people do.
import { COMMON } from '../../servers/contract/names.ts'
import { COMMON_NAMESPACE, NAMESPACE } from './resolve-inside.ts'

/** `release:src/main.ts` → `src/main.ts`, `common:ids.ts` → `common/ids.ts`; undefined for any other file of the machine. */
export function sourcePath(name: string): string | undefined {
  if (name.startsWith(`${NAMESPACE}:`)) return name.slice(NAMESPACE.length + 1)
  if (name.startsWith(`${COMMON_NAMESPACE}:`)) return `${COMMON}/${name.slice(COMMON_NAMESPACE.length + 1)}`
  return undefined
}

/** A message in which files are called as people call them. */
export function withSourcePaths(text: string): string {
  return text.replaceAll(`"${NAMESPACE}:`, '"').replaceAll(`"${COMMON_NAMESPACE}:`, `"${COMMON}/`)
}
