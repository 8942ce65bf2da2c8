// Statements → directives with values: names, contexts, arguments, repetitions. What they mean together is parse-conf's part.
import { didYouMean, nearest } from '../nearest.ts'
import type { Context, Directive } from './directives/directive.ts'
import { DIRECTIVE_NAMES, DIRECTIVES, type DirectiveName, isDirectiveName, type ValueOf } from './directives.ts'
import { lackingDirective } from './nginx-directives.ts'
import type { Statement } from './parse-statements.ts'
import type { Problems } from './problems.ts'
import type { References } from './references.ts'
import { type Place, show } from './tokenize.ts'
import { BadValue } from './values.ts'

/** One directive that was understood. */
export interface Bound<Name extends DirectiveName = DirectiveName> {
  readonly place: Place
  /** Counts all directives of a conf in the order of the text, included files where they are included. */
  readonly order: number
  /** The arguments, for messages about them. */
  readonly argsPlace: Place
  /** Undefined when it was wrong, which was reported. */
  readonly value: ValueOf<Name> | undefined
  /** Empty for a directive without a block. */
  readonly block: Block
  /** Something in its block was wrong, so what is missing there may be that. */
  readonly flawed: boolean
}

/** What a block holds, by directive, in the order of the text. Ask with `allOf` and `oneOf`. */
export type Block = ReadonlyMap<DirectiveName, readonly Bound[]>

export function allOf<Name extends DirectiveName>(block: Block, name: Name): readonly Bound<Name>[] {
  return (block.get(name) ?? []) as readonly Bound<Name>[]
}

export function oneOf<Name extends DirectiveName>(block: Block, name: Name): Bound<Name> | undefined {
  return allOf(block, name)[0]
}

export interface Binding {
  /** False when braces are missing: contexts and repetitions would then be wrong for no fault of their own. */
  readonly sound: boolean
  readonly problems: Problems
  readonly references: References
  /** How many directives were bound. */
  bound: number
}

export function bindBlock(statements: readonly Statement[], context: Context, binding: Binding): Block {
  const { sound, problems } = binding
  const block = new Map<DirectiveName, Bound[]>()
  for (const statement of statements) {
    const { name } = statement
    if (name.broken) continue
    if (!isDirectiveName(name.text)) {
      reportUnknown(statement, context, problems)
      continue
    }
    const found = block.get(name.text) ?? []
    block.set(name.text, found)
    found.push(bind(statement, name.text, context, binding))
    if (found.length > 1 && !DIRECTIVES[name.text].many && sound) {
      problems.add(name, `"${name.text}" is given twice in ${inContext(context)}`)
    }
  }
  return block
}

function bind(statement: Statement, name: DirectiveName, context: Context, binding: Binding): Bound {
  const { name: word, args } = statement
  const { problems } = binding
  const { contexts, opens, usage } = DIRECTIVES[name] as Directive<unknown>
  const order = binding.bound++
  const argsPlace = { start: (args[0] ?? word).start, end: (args.at(-1) ?? word).end }
  let isRight = true
  if (binding.sound && name === 'location' && context === 'location') {
    problems.add(word, 'A location inside a location is not supported', 'write it beside this one')
    isRight = false
  } else if (binding.sound && !contexts.includes(context)) {
    problems.add(word, `"${name}" is allowed in ${contexts.map(inContext).join(', ')}, not in ${inContext(context)}`)
    isRight = false
  }
  if (opens !== undefined && statement.block === null) {
    problems.add(word, `"${name}" needs a block`, `write ${usage}`)
    isRight = false
  } else if (opens === undefined && statement.block !== null) {
    problems.add(word, `"${name}" takes no block: it ends with ";"`, `write ${usage}`)
    isRight = false
  }
  // Neither its arguments nor what is inside can be right then, which was said once.
  const value = isRight ? readValue(statement, name, binding) : undefined
  const inner = opens === 'block' && statement.block !== null && isRight ? statement.block : []
  const { count } = problems
  const block = bindBlock(inner, name as Context, binding)
  return { place: word, order, argsPlace, value, block, flawed: problems.count > count }
}

function readValue(
  { name, args, block }: Statement,
  directive: DirectiveName,
  { problems, references }: Binding,
): ValueOf<DirectiveName> | undefined {
  const {
    args: [min, max],
    usage,
    read,
  } = DIRECTIVES[directive] as Directive<ValueOf<DirectiveName>>
  if ([...args, ...(block ?? []).flatMap((line) => [line.name, ...line.args])].some((word) => word.broken))
    return undefined
  if (args.length < min || args.length > max) {
    const place = args.length > max ? { start: args[max]!.start, end: args.at(-1)!.end } : name
    problems.add(place, `"${directive}" takes ${countOf(min, max)}, not ${args.length}`, `write ${usage}`)
    return undefined
  }
  try {
    return read(args, references, block ?? [])
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    problems.add(error.at, error.message, error.hint)
    return undefined
  }
}

function reportUnknown({ name }: Statement, context: Context, problems: Problems): void {
  if (problems.full) {
    problems.add(name, `Unknown directive ${show(name.text)}`)
    return
  }
  const lacking = lackingDirective(name.text)
  if (lacking !== undefined) {
    problems.add(name, `"${name.text}" is a directive of nginx that edgeyard does not have`, lacking.instead)
    return
  }
  // A word that fits here is a better guess than one that does not.
  const fitting = DIRECTIVE_NAMES.filter((each) => DIRECTIVES[each].contexts.includes(context))
  const hint = didYouMean(nearest(name.text, fitting) ?? name.text, DIRECTIVE_NAMES)
  problems.add(name, `Unknown directive ${show(name.text)}`, hint)
}

function countOf(min: number, max: number): string {
  const counted = (count: number) => `${count === 0 ? 'no' : count} argument${count === 1 ? '' : 's'}`
  if (min === max) return counted(min)
  return max >= 64 ? `at least ${counted(min)}` : `${min} to ${counted(max)}`
}

function inContext(context: Context): string {
  return context === 'main' ? 'the main context' : context
}
