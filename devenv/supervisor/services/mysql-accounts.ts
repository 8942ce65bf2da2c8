// Who may log in to the yard's MariaDB: one account per developer, with rights on the one shared database.
import type { Developer } from '../../developers/developers.ts'
import { query } from './mysql.ts'

/** The database that all developers share, because they share the users. */
export const DATABASE = 'edgeyard'

/** More than the pools of a developer's sandboxes have, also while they switch; far from all that MariaDB takes. */
const CONNECTIONS_MAX = 100

/** No developer's account is one of MariaDB's own, whatever they are called: a developer may be named `root`. */
const PREFIX = 'yard-'

export const mysqlAccount = (developer: string) => `${PREFIX}${developer}`

/** Names are `isDeveloperName`, passwords hexadecimal: neither holds a character that SQL would mind. Pure. */
export function renderAccounts(developers: readonly Developer[], existing: readonly string[]): string {
  const wanted = new Set(developers.map(({ name }) => mysqlAccount(name)))
  return [
    `CREATE DATABASE IF NOT EXISTS \`${DATABASE}\` CHARACTER SET utf8mb4`,
    ...existing
      .filter((account) => account.startsWith(PREFIX) && !wanted.has(account))
      .map((account) => `DROP USER IF EXISTS '${account.replace(/['\\]/g, '')}'@'localhost'`),
    ...developers.flatMap(({ name, mysqlPassword }) => {
      const account = `'${mysqlAccount(name)}'@'localhost'`
      return [
        `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${mysqlPassword}'`,
        // One who was removed and came back has a new password.
        `ALTER USER ${account} IDENTIFIED BY '${mysqlPassword}'`,
        `GRANT ALL PRIVILEGES ON \`${DATABASE}\`.* TO ${account} WITH MAX_USER_CONNECTIONS ${CONNECTIONS_MAX}`,
      ]
    }),
  ]
    .map((statement) => `${statement};\n`)
    .join('')
}

/** Makes the accounts agree with the developers. Throws COMMAND_FAILED. */
export async function ensureAccounts(socket: string, developers: readonly Developer[]): Promise<void> {
  const existing = (await query(socket, `SELECT user FROM mysql.user WHERE user LIKE '${PREFIX}%'`)).split('\n')
  await query(socket, renderAccounts(developers, existing.filter(Boolean)))
}
