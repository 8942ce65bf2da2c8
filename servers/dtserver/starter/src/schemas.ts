// What game data must look like. A key says what it holds by its first part: `hero:arthur` is a hero.

/** Says what is wrong with a value, or undefined when nothing is. */
type Rule = (value: unknown) => string | undefined
type Schema = Readonly<Record<string, Rule>>

const SCHEMAS: Readonly<Record<string, Schema>> = {
  hero: {
    name: text(24),
    level: whole(1, 100),
    house: oneOf('lion', 'raven', 'stag'),
    items: listOf(keyOf('item'), 20),
  },
  building: {
    name: text(24),
    x: whole(0, 1000),
    y: whole(0, 1000),
    health: whole(0, 100),
  },
  item: {
    name: text(24),
    price: whole(0, 1_000_000),
  },
}

/** Everything that is wrong with a value under this key, one sentence each; empty when it is right. */
export function faultsOf(key: string, value: unknown): string[] {
  const kind = key.split(':', 1)[0]!
  const schema = Object.hasOwn(SCHEMAS, kind) ? SCHEMAS[kind] : undefined
  if (!schema || kind === key) {
    return [
      `the key must begin with one of ${Object.keys(SCHEMAS)
        .map((known) => `"${known}:"`)
        .join(', ')}`,
    ]
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['it must be an object']
  const fields = value as Record<string, unknown>
  const faults: string[] = []
  for (const [name, rule] of Object.entries(schema)) {
    const fault = Object.hasOwn(fields, name) ? rule(fields[name]) : 'is missing'
    if (fault) faults.push(`"${name}" ${fault}`)
  }
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(schema, name)) faults.push(`"${name.slice(0, 50)}" is not a field of ${kind}`)
  }
  return faults
}

function text(lengthMax: number): Rule {
  return (value) =>
    typeof value === 'string' && value.length >= 1 && value.length <= lengthMax
      ? undefined
      : `must be a text of 1 to ${lengthMax} characters`
}

function whole(min: number, max: number): Rule {
  return (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`
}

function oneOf(...words: string[]): Rule {
  return (value) => (words.includes(value as string) ? undefined : `must be one of ${words.join(', ')}`)
}

function keyOf(kind: string): Rule {
  return (value) =>
    typeof value === 'string' && value.startsWith(`${kind}:`) ? undefined : `must be a key like "${kind}:sword"`
}

function listOf(rule: Rule, lengthMax: number): Rule {
  return (value) => {
    if (!Array.isArray(value) || value.length > lengthMax) return `must be a list of at most ${lengthMax}`
    const fault = value.map(rule).find((found) => found !== undefined)
    return fault && `has an entry that ${fault}`
  }
}
