import { defineConfig } from '@playwright/test'
import tests from './playwright.config.ts'

/** Pictures of the pages, for people to look at: `target/screenshots`, and the two of the README. */
export default defineConfig({ ...tests, testDir: 'screenshots', timeout: 120_000 })
