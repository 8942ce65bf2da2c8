import assert from 'node:assert/strict'
import { acceptsGzip } from './accepts-gzip.ts'

describe('acceptsGzip', () => {
  for (const text of [
    'gzip',
    'GZIP',
    'deflate, gzip',
    'gzip;q=0.1',
    'gzip; q=1.0, br',
    'br;q=1,gzip ; q=0.001',
    'x, gzip,',
  ]) {
    it(text, () => assert.ok(acceptsGzip(text)))
  }
  for (const text of [
    '',
    'br',
    '*',
    'gzip;q=0',
    'gzip; q=0.000',
    'xgzip',
    'gzipx',
    'x-gzip',
    'gzip;q=2',
    'gzip;level=1',
  ]) {
    it(`not ${text}`, () => assert.ok(!acceptsGzip(text)))
  }
})
