// 白板上的文字。
export default {
  label: '白板。方向键移动，加号和减号缩放，0 适应屏幕。',
  photoLoading: '正在加载照片…',
  photoFailed: '照片没有加载出来。',
  retry: '再试一次',
}
