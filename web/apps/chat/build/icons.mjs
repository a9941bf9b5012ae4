// Draws the PNG icons of the installed app from icons/icon.svg, with Chromium: `node build/icons.mjs`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const icons = path.resolve(import.meta.dirname, '../public/icons')
const svg = readFileSync(path.join(icons, 'icon.svg'), 'utf8')
const work = mkdtempSync(path.join(tmpdir(), 'icons-'))

/** Systems cut their own shape out of a maskable icon: the ground fills it, the goose keeps to the middle. */
const maskable = svg.replace(' rx="116"', '').replace('translate(58 66) scale(6.2)', 'translate(112 118) scale(4.5)')
/** Phones of Apple round the corners themselves. */
const square = svg.replace(' rx="116"', '')

for (const [name, size, source] of [['icon-192', 192, svg], ['icon-512', 512, svg], ['icon-180', 180, square], ['maskable-512', 512, maskable]]) {
  const page = path.join(work, `${name}.html`)
  writeFileSync(page, `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${source}`)
  execFileSync(process.env.CHROMIUM ?? 'chromium', [
    '--headless', '--no-sandbox', '--hide-scrollbars', '--default-background-color=00000000', '--force-device-scale-factor=1',
    `--window-size=${size},${size}`, `--screenshot=${path.join(icons, `${name}.png`)}`, `file://${page}`,
  ], { stdio: 'ignore' })
}
