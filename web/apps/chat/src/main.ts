import '@hongyan/ui/tokens.css'
import '@hongyan/ui/base.css'
import { Client } from '@hongyan/sdk'
import { createApp, watch } from 'vue'
import App from './app/App.vue'
import { clientKey } from './app/client'
import { deviceOfThisBrowser } from './app/device'
import { usePreferences } from './app/preferences'
import { makeRouter } from './app/router'
import { registerServiceWorker } from './app/service-worker'
import { i18n, speak } from './i18n'

const client = new Client({ device: deviceOfThisBrowser(navigator) })
const preferences = usePreferences()
watch(() => preferences.value.language, () => void speak())

await Promise.all([speak(), client.restore()])
const router = makeRouter(client)
createApp(App).provide(clientKey, client).use(i18n).use(router).mount('#app')
registerServiceWorker(router)
