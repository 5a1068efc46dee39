// 文字：留言簿。
export default {
  guestbook: {
    title: '留言簿',
    write: '留言',
    submit: '写下',
    remove: '删除',
    wave: '挥手',
    waved: '有人在挥手',
    left: '已离开',
    full: '留言簿已写满',
    failed: '没有成功（{code}）',
  },
}
