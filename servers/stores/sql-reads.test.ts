import assert from 'node:assert/strict'
import { isRead } from './sql-reads.ts'

describe('isRead', () => {
  for (const sql of [
    'SELECT name FROM players WHERE id = ?',
    ' select count(*) as many from players where team in (?) and (score > ? or score is null)',
    'SELECT a.id, (SELECT MAX(score) FROM scores WHERE player = a.id) AS best FROM players a ORDER BY best LIMIT 10',
  ]) {
    it(`is true of ${sql}`, () => assert.equal(isRead(sql), true))
  }

  for (const sql of [
    'UPDATE players SET score = 1',
    'CALL rename()',
    'WITH gone AS (SELECT 1) DELETE FROM players',
    'SELECT id FROM players FOR UPDATE',
    'SELECT id FROM players LOCK IN SHARE MODE',
    "SELECT id FROM players INTO OUTFILE '/tmp/players'",
    'SELECT NEXT VALUE FOR ids',
    "SELECT GET_LOCK('a', 1)",
    'SELECT SLEEP (1)',
    'SELECT shop.sell(7)',
    'SELECT `sell`(7)',
    'SELECT sell/**/(7)',
    'SELECT sell -- \n (7)',
    'SELECT LAST_INSERT_ID()',
    'SELECT @found := id FROM players',
    'SELECT 1; DELETE FROM players',
  ]) {
    it(`is false of ${sql}`, () => assert.equal(isRead(sql), false))
  }
})
