// Where a command speaks: results on stdout, everything said on the way on stderr, colours only for a person who wants them.
import { styleText } from 'node:util'

export type Style = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold'

export interface Terminal {
  /** A line of the result. */
  print(text: string): void
  /** A line about the work: progress, advice, errors. */
  tell(text: string): void
  /** Colours for `print`; the text as it is where colours are not wanted. */
  paint(style: Style, text: string): string
  /** Colours for `tell`. */
  paintTold(style: Style, text: string): string
}

interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
  on(event: 'error', listener: () => void): unknown
}

/** `noColour`: the variable NO_COLOR, which counts when it is not empty. */
export function createTerminal(options: { stdout: Output; stderr: Output; noColour: string | undefined }): Terminal {
  const { stdout, stderr, noColour } = options
  const painter = (output: Output) => {
    const colours = output.isTTY === true && !noColour
    return (style: Style, text: string) => (colours ? styleText(style, text) : text)
  }
  // A reader that has gone (`| head`, a closed terminal) is no reason to stop a yard.
  for (const output of [stdout, stderr]) output.on('error', () => {})
  return {
    print: (text) => stdout.write(`${text}\n`),
    tell: (text) => stderr.write(`${text}\n`),
    paint: painter(stdout),
    paintTold: painter(stderr),
  }
}
