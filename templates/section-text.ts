// The lines of one developer's section, without reading the file: with hundreds of developers every branch has an old copy
// of everybody's, and only their own counts.

/** From the name at the margin to the next thing at the margin; null where no section is written like that. */
export function sectionText(text: string, developer: string): string | null {
  const begin = new RegExp(`^(?:${developer}|"${developer}"|'${developer}')\\s*:`, 'm').exec(text)?.index
  if (begin === undefined) return null
  const rest = text.slice(begin)
  const end = /\n(?=[^\s#])/.exec(rest)?.index
  return (end === undefined ? rest : rest.slice(0, end)).trimEnd()
}
