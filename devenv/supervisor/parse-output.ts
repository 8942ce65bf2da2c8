// What programs write to stdout and stderr, as records: which lines belong together, and how bad they are by their own word.
import { parseSeverity, type Severity } from '../../servers/contract/record.ts'

export interface Said {
  readonly severity: Severity
  readonly message: string
  /** The lines below the first, as they stand. */
  readonly stack?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** How the programs of a yard mark their lines: a word or sign for the severity, then what they say. */
const FORMS: readonly RegExp[] = [
  // edge-server: [emerg] cannot open the conf
  /^edge-server: \[(\w+)\] (.*)$/,
  // logs-viewer: [notice] dev1: login, a tab, and the fields as JSON
  /^logs-viewer: \[(\w+)\] ([^\t]*)(?:\t(\{.*\}))?$/,
  // Redis: 1:M 20 Nov 2026 22:56:05.807 # WARNING Memory overcommit must be enabled!
  /^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ ([-.*#]) (.*)$/,
  // MariaDB: 2026-11-20 22:56:05 0 [Note] Server socket created
  /^\d{4}-\d\d-\d\d +[\d:]+ \d+ \[(\w+)\] (.*)$/,
]

/** Redis' signs and MariaDB's word; the other words are nginx's. */
const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['#', 'warn'],
  ['*', 'notice'],
  ['-', 'info'],
  ['.', 'debug'],
  ['Note', 'notice'],
])

/** Lines that begin with white space or `at ` belong to the line above them, up to `charactersMax` together. */
export function groupLines(lines: readonly string[], charactersMax: number): string[][] {
  const groups: string[][] = []
  let characters = 0
  for (const line of lines) {
    const group = groups.at(-1)
    if (group !== undefined && /^(\s|at )/.test(line) && characters < charactersMax) group.push(line)
    else {
      groups.push([line])
      characters = 0
    }
    characters += line.length
  }
  return groups
}

/** A group of lines; what no program of ours marks is a notice. */
export function parseOutput([first = '', ...rest]: readonly string[]): Said {
  const match = FORMS.map((form) => form.exec(first)).find((match) => match !== null) ?? []
  const [, word = '', text = '', json] = match
  const fields = json === undefined ? undefined : parseFields(json)
  const severity = SEVERITIES.get(word) ?? parseSeverity(word)
  return {
    ...(severity === undefined ? { severity: 'notice', message: first } : { severity, message: text }),
    ...(rest.length === 0 ? {} : { stack: rest.join('\n') }),
    ...(fields === undefined ? {} : { fields }),
  }
}

function parseFields(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return { ...JSON.parse(json) }
  } catch {
    return undefined
  }
}
