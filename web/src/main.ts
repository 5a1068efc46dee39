// Starts the front end: styles, languages, pages.
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, loadWords, shared } from './i18n'
import { router } from './router'
import './ui/theme.css'

// The router asks who is signed in while the words are on their way.
const app = createApp(App).use(i18n).use(router)
void loadWords(shared).then(() => app.mount('#app'))
