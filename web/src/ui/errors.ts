// The sentence for an error code, in the reader's language.
import { i18n } from '@/i18n'

export function errorText(code: string): string {
  const { t, te } = i18n.global
  const key = `common.error.${code}`
  return te(key) ? t(key) : t('common.error.unknown', { code })
}
