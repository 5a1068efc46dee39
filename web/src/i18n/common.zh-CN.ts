// 各页面共用的文字。
export default {
  appName: '双师答疑',
}
