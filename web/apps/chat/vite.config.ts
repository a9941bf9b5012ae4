import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { offlineShell } from './build/offline-shell.ts'

const server = process.env.HONGYAN ?? 'http://127.0.0.1:7001'
const proxied = { target: server, ws: true }

export default defineConfig({
  plugins: [vue(), offlineShell()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0, // the content security policy knows no data: scripts or styles
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Few files come faster than many small ones.
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules/ },
            { name: 'base', test: /packages\/(ui|sdk)\/src|features\/shared\/.*\.ts$|src\/app\/(?!NothingChosen|Shell|App)/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': proxied, '/uploads': proxied, '/public': proxied } },
})
