import { defineConfig } from 'vite'

const server = process.env.HONGYAN ?? 'http://127.0.0.1:7001'

export default defineConfig({
  base: '/docs/',
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0, // the content security policy knows no data: scripts or styles
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': server } },
})
