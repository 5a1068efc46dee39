// What the tab is called: what is there, then the application. Follows the language, and time where it is told.
import { computed, onScopeDispose, shallowReactive, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

/** Of what is on the page now; what came last knows most, and what was before is told again when it goes. */
const titles = shallowReactive<Ref<string>[]>([])

watch(
  () => titles.at(-1)?.value,
  (title) => {
    if (title) document.title = title
  },
  { flush: 'sync' },
)

/** The most telling first, since a tab shows little. Empty parts are left out. */
export function useTitle(parts: () => readonly (string | null)[]): void {
  const { t } = useI18n()
  const title = computed(() => [...parts(), t('common.appName')].filter(Boolean).join(' · '))
  titles.push(title)
  onScopeDispose(() => titles.splice(titles.indexOf(title), 1))
}
