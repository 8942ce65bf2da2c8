// A MySQL that records what it is asked, and answers what a test says.
import type { FakeMysql } from './types.ts'

export function createFakeMysql(answer: (sql: string, args: readonly unknown[]) => object[]): FakeMysql {
  const queries: { sql: string; args: readonly unknown[] }[] = []
  const mysql: FakeMysql = {
    queries,
    async query<Row>(sql: string, args: unknown[] = []) {
      queries.push({ sql, args })
      return answer(sql, args) as Row[]
    },
    tx: (fn) => fn(mysql),
  }
  return mysql
}
