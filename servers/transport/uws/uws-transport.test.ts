import { transportContract } from '../contract-suite.ts'

transportContract('uws')
