export default {
  failed: 'This could not be loaded',
  clear: 'Clear the field',
  picked: 'Nobody chosen | One chosen | {n} chosen',
  pickSearch: 'Search',
  pickNone: 'There is nobody to choose',
  noMatch: 'Nothing matches “{query}”',
  unpick: 'Do not choose {name}',
  picture: {
    title: 'Crop picture',
    frame: 'Position of the picture: drag it, or use the arrow keys',
    zoom: 'Zoom',
    use: 'Use',
    broken: 'This file is not a picture that can be used',
  },
}
