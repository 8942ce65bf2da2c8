// Declarations in, documentation out.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { extractDocs } from './extract-docs.ts'
import { parseComment } from './parse-comment.ts'

const SCRIPT = readFileSync(fileURLToPath(new URL('../../../servers/contract/script.ts', import.meta.url)), 'utf8')

describe('extractDocs', () => {
  const entries = (text: string) => extractDocs({ name: 'common/x', text }).entries

  it('knows what a module exports, in its order, each with its comment and its types', () => {
    const found = entries(`import type { Log } from 'edgeyard';
/** How it grows. */
export interface Backoff extends Base {
    /** In milliseconds. */
    readonly firstMs?: number;
    // biome-ignore lint/x: no doc comment of anybody's
    again(tries: number): {
        /** inner */
        ok: boolean;
    };
}
interface Base {
    /** Inherited. */
    signal?: AbortSignal;
}
/** Waits.
 * @param failed - Counts from 1.
 */
export declare function wait(failed: number): Promise<void>;
export declare function wait(failed: string): Promise<void>;
export declare const ZERO = 0;
export declare class Queue<T> {
    #private;
    private hidden;
    constructor(size: number);
    push(item: T): void;
}
export type Id = string & {
    readonly __id: never;
};
export * from './ids.ts';
export {};
`)
    assert.deepEqual(
      found.map(({ kind, name, signature }) => [kind, name, signature]),
      [
        ['interface', 'Backoff', 'interface Backoff extends Base'],
        [
          'function',
          'wait',
          'function wait(failed: number): Promise<void>\nfunction wait(failed: string): Promise<void>',
        ],
        ['const', 'ZERO', 'const ZERO = 0'],
        ['class', 'Queue', 'class Queue<T>'],
        ['type', 'Id', 'type Id = string & {\n  readonly __id: never;\n}'],
        ['export', "* from './ids.ts'", "* from './ids.ts'"],
      ],
    )
    assert.deepEqual(
      found[0]!.members.map(({ name, signature, doc }) => [name, signature, doc.text]),
      [
        ['firstMs', 'readonly firstMs?: number', 'In milliseconds.'],
        ['again', 'again(tries: number): {\n  ok: boolean;\n}', ''],
        ['signal', 'signal?: AbortSignal', 'Inherited.'],
      ],
    )
    assert.deepEqual(found[1]!.doc.params, [{ name: 'failed', text: 'Counts from 1.' }])
    assert.deepEqual(
      found[3]!.members.map(({ name }) => name),
      ['new', 'push'],
    )
  })

  it('takes a module comment only where its author says that it is one', () => {
    const docOf = (source: string) => extractDocs({ name: 'common/x', text: '', source }).doc.text
    assert.equal(docOf('/**\n * What it is for.\n *\n * @module\n */\nexport const a = 1\n'), 'What it is for.')
    for (const source of [
      '/** Of the const. */\nexport const a = 1\n',
      '// A note to myself.\n',
      '/* @module no */',
      '',
    ]) {
      assert.equal(docOf(source), '', source)
    }
  })

  it('has the whole script surface: every exported type, and the hooks that scripts inherit', () => {
    const { entries, doc } = extractDocs({ name: 'edgeyard', text: SCRIPT, hasHeader: true })
    const exported = [...SCRIPT.matchAll(/^export (?:interface|type) (\w+)/gm)].map((match) => match[1])
    assert.deepEqual(
      entries.map(({ name }) => name),
      exported,
    )
    assert.match(doc.text, /^What a script sees/)
    assert.match(
      entries.find(({ name }) => name === 'HttpScript')?.doc.examples[0] ?? '',
      /^import type \{ HttpScript \} from 'edgeyard'\n/,
    )
    const names = (entry: string) => entries.find(({ name }) => name === entry)!.members.map(({ name }) => name)
    for (const hook of ['access', 'fetch', 'start', 'stop', 'error'])
      assert.ok(names('HttpScript').includes(hook), hook)
    for (const { name, signature, members } of entries) {
      for (const text of [signature, ...members.map((member) => member.signature)]) {
        assert.doesNotMatch(text, /\/\/|\/\*/, name)
      }
    }
  })

  it('gives the same for the same, and nothing for what cannot be read', () => {
    const twice = [1, 2].map(() => JSON.stringify(extractDocs({ name: 'edgeyard', text: SCRIPT, hasHeader: true })))
    assert.equal(twice[0], twice[1])
    assert.deepEqual(entries('export declare function ((('), [])
  })
})

describe('parseComment', () => {
  it('takes its tags apart', () => {
    const doc = parseComment(`
 * Waits
 * a while.
 *
 * More.
 * @param {number} failed Counts from 1,
 *   not from 0.
 * @param [options.max=3] - Most.
 * @returns A promise.
 * @throws When it is late.
 * @deprecated Use {@link retry}.
 * @example
 * await wait(1)
 *   .then(next)
 * @example
 * \`\`\`ts
 * wait(2)
 * \`\`\`
 `)
    assert.deepEqual(doc, {
      text: 'Waits\na while.\n\nMore.',
      params: [
        { name: 'failed', text: 'Counts from 1,\n  not from 0.' },
        { name: 'options.max', text: 'Most.' },
      ],
      returns: 'A promise.',
      throws: ['When it is late.'],
      examples: ['await wait(1)\n  .then(next)', 'wait(2)'],
      deprecated: 'Use {@link retry}.',
    })
  })
})
