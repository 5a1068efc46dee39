// 登录页的文字。
export default {
  title: '登录',
  tagline: '开放辅导 · 一对一实时答疑',
  benefits: {
    voice: '与在线老师语音交流',
    ink: '老师落笔，笔迹即刻呈现',
    replay: '每次辅导都完整留存，可供回看',
  },
  login: '账号',
  loginHint: '学校发放的账号',
  password: '密码',
  showPassword: '显示密码',
  hidePassword: '隐藏密码',
  submit: '登录',
  submitting: '正在登录…',
  capsLock: '大写锁定已打开',
  error: {
    loginEmpty: '请输入账号',
    passwordEmpty: '请输入密码',
    wrongPassword: '账号或密码不正确，请检查后重新输入。忘记密码请联系学校管理员。',
    throttled: '尝试次数过多，请在 {wait} 后再试。',
    throttledOver: '现在可以重新尝试了。',
    offline: '连接不上服务器，请检查网络后重试。',
    draining: '系统正在维护，请稍后再试。',
    other: '登录没有成功，请稍后再试。（{code}）',
  },
  wait: { seconds: '{n} 秒', minutes: '{m} 分 {s} 秒' },
}
