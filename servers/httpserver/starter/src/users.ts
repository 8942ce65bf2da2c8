// Users live in MySQL, which all developers share.
import type { Mysql } from 'edgeyard'
import { type Credentials, nameKey } from './input.ts'

export interface User {
  id: string
  name: string
}

/**
 * Runs whenever the server starts, while the release before it still serves, and after it when it is rolled back to. So
 * this list only ever grows, by statements that do no harm the second time and that older releases can live with:
 * new tables, and new columns that have a default.
 */
export const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS users (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    name_key VARBINARY(255) NOT NULL,
    password VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY users_name_key (name_key)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
]

/** The new user, or undefined when the name is taken: the unique key decides, so two at once cannot both have it. */
export async function addUser(mysql: Mysql, { name, password }: Credentials): Promise<User | undefined> {
  try {
    await mysql.query('INSERT INTO users (name, name_key, password) VALUES (?, ?, ?)', [name, nameKey(name), password])
  } catch (error) {
    if (isDuplicate(error)) return undefined
    throw error
  }
  return (await findUser(mysql, name))?.user
}

/** The user of this name with their password's hash. */
export async function findUser(mysql: Mysql, name: string): Promise<{ user: User; hash: string } | undefined> {
  const [row] = await mysql.query<{ id: number | string; name: string; password: string }>(
    'SELECT id, name, password FROM users WHERE name_key = ?',
    [nameKey(name)],
  )
  return row && { user: { id: String(row.id), name: row.name }, hash: row.password }
}

function isDuplicate(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ER_DUP_ENTRY'
}
