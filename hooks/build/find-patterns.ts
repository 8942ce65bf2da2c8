// Finds imports with a pattern: import(`./maps/${name}.ts`), require('./maps/' + name). For these esbuild lists folders by
// itself, without asking any plugin, from wherever "../" leads: the names of the machine's files would get into a push's output.
import type { Loader, PluginBuild } from 'esbuild'

/** Whether a text could hold such an import at all; most do not, and are not parsed twice. Escapes can spell any name. */
const MAYBE = /\brequire|\\u|\bimport\s*[/.(]/

/** A call of import or require, not of a method of that name, as esbuild prints it: types, parentheses and escapes are gone. */
const CALL = /(?<!(?<!\.\.)\.|[\w$#])(?:import|require)(?:\.\w+)?(?:\?\.)?\(/g

/** A text in quotes with nothing put into it: as a whole argument it is resolved by our plugin. */
const ONE_TEXT = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`/y

const SPACE = /(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/y

/**
 * True when a script imports by a pattern, or by anything else that is put together from texts: esbuild folds some of those
 * into patterns. What cannot be parsed has none: the build says what is wrong with it.
 */
export async function hasPatternImport(
  esbuild: PluginBuild['esbuild'],
  text: string,
  loader: Loader,
): Promise<boolean> {
  if (!MAYBE.test(text)) return false
  try {
    // The transform API sees this text only, no files.
    const options = { loader, logLevel: 'silent', target: 'esnext', charset: 'utf8', tsconfigRaw: '{}' } as const
    const { code } = await esbuild.transform(text, options)
    return [...code.matchAll(CALL)].some(({ index, 0: call }) => isPattern(code, index + call.length))
  } catch {
    return false
  }
}

/** `at` is behind the parenthesis that opens the arguments. */
function isPattern(code: string, at: number): boolean {
  const begin = skip(SPACE, code, at)
  const end = skip(ONE_TEXT, code, begin)
  if (end > begin && /[,)]/.test(code[skip(SPACE, code, end)] ?? '')) return false
  for (let depth = 1, here = begin; here < code.length; here = skip(SPACE, code, here + 1)) {
    const character = code[here]!
    if (character === '"' || character === "'" || character === '`') return true
    if (character === '(') depth++
    if (character === ')' && --depth === 0) return false
  }
  return false
}

/** The place behind what the pattern matches here; `at` itself when it does not match. */
function skip(pattern: RegExp, code: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(code) ? pattern.lastIndex : at
}
