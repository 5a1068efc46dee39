// Starts the front end: styles, languages, pages.
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, loadWords, shared } from './i18n'
import { showPageOffline } from './net/offline'
import { router } from './router'
import './ui/theme.css'

// The router asks who is signed in while the words are on their way.
const app = createApp(App).use(i18n).use(router)
loadWords(shared).then(
  () => app.mount('#app'),
  // A browser may keep the failure of a file, so only a fresh page asks for it again.
  () => setTimeout(() => location.reload(), 3000),
)
// The development server has no built page to come back to.
if (import.meta.env.PROD) showPageOffline()
