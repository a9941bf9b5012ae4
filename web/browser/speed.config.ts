import { defineConfig } from '@playwright/test'
import tests from './playwright.config.ts'

/** How fast the pages are; the figures go into bench/README.md. Wants a release build in HONGYAN. */
export default defineConfig({ ...tests, testDir: 'speed', timeout: 300_000, use: { ...tests.use, trace: 'off' } })
