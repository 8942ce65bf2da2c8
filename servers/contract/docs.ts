// The documentation that the yard makes of doc comments and types, for those who make it (hooks) and those who show it
// (logs-viewer): one JSON file.

/** Where it lies in a yard's root. */
export const DOCS_FILE = 'docs/docs.json'

/** The module of the types that every script imports; the others are `common/NAME`. */
export const SCRIPT_MODULE = 'edgeyard'

export interface Docs {
  /** What it was made of: when this is the same, so is the rest. */
  readonly madeOf: string
  /** The common library's commit; null while there is none. */
  readonly common: string | null
  /** {@link SCRIPT_MODULE} first. */
  readonly modules: readonly DocModule[]
}

export interface DocModule {
  /** As it is imported. */
  readonly name: string
  /** The comment at the top of its file. */
  readonly doc: DocComment
  readonly entries: readonly DocEntry[]
}

/** Something that a module exports. */
export interface DocEntry {
  readonly name: string
  readonly kind: 'function' | 'class' | 'interface' | 'type' | 'const' | 'export'
  /** TypeScript, without its body and its comments. Overloads are lines of one. */
  readonly signature: string
  readonly doc: DocComment
  /** Of a class or an interface; those it has from a base that is not exported are among them. */
  readonly members: readonly DocMember[]
}

export interface DocMember {
  readonly name: string
  readonly signature: string
  readonly doc: DocComment
}

/** A doc comment, taken apart. Texts are what their author wrote: they must be escaped. */
export interface DocComment {
  /** Paragraphs with `code`, {@link links} and lists, as Markdown has them. */
  readonly text: string
  readonly params: readonly { readonly name: string; readonly text: string }[]
  readonly returns: string
  /** One for each `@throws`. */
  readonly throws: readonly string[]
  /** Code, one for each `@example`. */
  readonly examples: readonly string[]
  /** Null when it is not. */
  readonly deprecated: string | null
}
