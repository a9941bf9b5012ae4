export default {
  failed: '加载失败',
  clear: '清空输入',
  picked: '已选 {n} 人',
  pickSearch: '搜索',
  pickNone: '没有可以选择的人',
  noMatch: '没有找到“{query}”',
  unpick: '取消选择 {name}',
  picture: {
    title: '裁剪图片',
    frame: '图片位置，拖动或用方向键移动',
    zoom: '缩放',
    use: '使用',
    broken: '这个文件不是可用的图片',
  },
}
