// `edgeyard completion bash|zsh`: a script for the shell. Developers' names come from the root's own files.
import { SERVERS } from '../../servers/contract/names.ts'
import { RECORD_SOURCES } from '../../servers/contract/record.ts'
import { VERBS } from '../control/verbs.ts'

export const SHELLS = ['bash', 'zsh'] as const

/** The words of a command tree, e.g. `{ up: {}, dev: { add: {}, key: { add: {} } } }`. */
export interface Words {
  readonly [word: string]: Words
}

/** Commands whose next words are a server and a developer. */
const SERVER_COMMANDS = VERBS.filter(({ takes }) => takes.includes('SERVER')).map(({ name }) => name)

/** Options with a value, which is none of the command's words. */
const VALUED = [
  '--root',
  '--host',
  '--ports-from',
  '--key',
  '--name',
  '--prefix',
  '--mine',
  '-n',
  '--lines',
  '--since',
  '--level',
  '--grep',
  '--search',
]

/** zsh runs bash's completions after `bashcompinit`, so there is one script. */
export function renderCompletion(shell: (typeof SHELLS)[number], words: Words): string {
  const cases = [...paths(words)].map(([path, next]) => `    '${path}') words='${next.join(' ')}' ;;`)
  const body = `# Completion of edgeyard. In your shell's start file: source <(edgeyard completion ${shell})
_edgeyard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' words='' word isValue=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$isValue" ]; then isValue=''; continue; fi
    case "$word" in
      ${VALUED.join('|')}) isValue=1 ;;
      -*) ;;
      *) path="$path\${path:+ }$word" ;;
    esac
  done
  # The value of an option: what the shell itself knows, files.
  if [ -n "$isValue" ]; then COMPREPLY=(); return; fi
  case "$path" in
${cases.join('\n')}
    ${SERVER_COMMANDS.join('|')}) words='${SERVERS.join(' ')}' ;;
    logs) words='${RECORD_SOURCES.join(' ')}' ;;
    completion) words='${SHELLS.join(' ')}' ;;
    # Behind the developer: files, or nothing.
    ${[...SERVER_COMMANDS, 'logs'].map((name) => `'${name} '*' '*`).join('|')}|'dev key '*' '*|'dev rename '*|'dev rm '*|'dev token '*|'login '*) ;;
    ${[...SERVER_COMMANDS, 'logs'].map((name) => `'${name} '*`).join('|')}|'dev rm'|'dev token'|login|'dev rename'|'dev key '*|'redis restart'|'redis flush') words="$(_edgeyard_developers)" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
_edgeyard_developers() {
  local file
  for file in "\${EDGEYARD_ROOT:-./yard}"/state/developers/*.json; do
    [ -e "$file" ] && basename "$file" .json
  done
}
complete -o default -F _edgeyard edgeyard`
  return shell === 'bash' ? body : `autoload -U +X bashcompinit && bashcompinit\n${body}`
}

/** Every path of words that has words behind it, e.g. `['dev key', ['add', 'rm', 'list']]`. */
function* paths(words: Words, path: readonly string[] = []): Generator<readonly [string, readonly string[]]> {
  const next = Object.keys(words)
  if (next.length === 0) return
  yield [path.join(' '), next]
  for (const word of next) yield* paths(words[word] ?? {}, [...path, word])
}
