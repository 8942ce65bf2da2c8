// Which statements may be asked twice, or moved to another connection, without anybody noticing.

/** Words in brackets that are no functions, and functions that depend on their arguments only. */
const HARMLESS = new Set(
  (
    'in and or not on where from join select as by having values using exists any all case when then else over partition ' +
    'count sum min max avg coalesce ifnull nullif if greatest least lower upper length char_length concat concat_ws substring ' +
    'trim round floor ceil ceiling abs mod cast convert date year month day unix_timestamp from_unixtime json_extract json_value ' +
    'group_concat row_number rank dense_rank'
  ).split(' '),
)
/** Locks, files, sequences, other statements behind it; variables, what the connection remembers; comments, which may hide a bracket. */
const MORE_THAN_READS = /\b(for|into|lock|procedure|nextval|setval|lastval|next|previous)\b|[@;#]|--|\/\*/i

/** Says false when in doubt: of a function that it does not know, or of such a word in a text or name. */
export function isRead(sql: string): boolean {
  if (!/^\s*select\b/i.test(sql) || MORE_THAN_READS.test(sql)) return false
  for (const [, name] of sql.matchAll(/([\w$.`]+)\s*\(/g)) {
    if (!HARMLESS.has(name!.toLowerCase())) return false
  }
  return true
}
