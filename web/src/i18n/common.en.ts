// Texts that several pages share.
export default {
  appName: 'Inkcall',
}
