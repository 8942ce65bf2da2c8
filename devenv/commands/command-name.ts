// How whoever started us has to call us, for the lines that tell what to type.
import { basename } from 'node:path'

/** `script`: the path that node was started with. An installed command has a link of our name on the PATH; a checkout has npx. */
export function commandName(
  script: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const installed = basename(script ?? '') === 'edgeyard' && environment.npm_command === undefined
  return installed ? 'edgeyard' : 'npx edgeyard'
}
