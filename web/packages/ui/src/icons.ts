import { type FunctionalComponent, h } from 'vue'

export type Icon = FunctionalComponent

/** An icon on a grid of 24, drawn with a line of 1.75; it takes the size of the text and its colour. */
function icon(...paths: string[]): Icon {
  const svg: Icon = () =>
    h(
      'svg',
      {
        class: 'icon',
        viewBox: '0 0 24 24',
        width: '1.5em',
        height: '1.5em',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': 1.75,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
        'aria-hidden': 'true',
        focusable: 'false',
      },
      paths.map((d) => h('path', { d })),
    )
  return svg
}

const circle = (x: number, y: number, r: number) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`

/* Where to */
export const IconChats = /*#__PURE__*/ icon('M20.5 11.5c0 4.1-3.8 7.5-8.5 7.5-1.2 0-2.3-.2-3.3-.6L4 20l1.3-3.7C4.2 15 3.5 13.3 3.5 11.5C3.5 7.4 7.3 4 12 4s8.5 3.4 8.5 7.5z')
export const IconContacts = /*#__PURE__*/ icon(circle(12, 8, 4), 'M4.5 20c.6-3.8 3.7-6 7.5-6s6.9 2.2 7.5 6')
export const IconPeople = /*#__PURE__*/ icon(circle(9, 8.5, 3.5), 'M2.8 19.5c.5-3.4 3.1-5.3 6.2-5.3s5.7 1.9 6.2 5.3', 'M15.5 5.4a3.5 3.5 0 0 1 0 6.2', 'M17.8 14.7c1.9.8 3.1 2.4 3.4 4.8')
export const IconSettings = /*#__PURE__*/ icon('M4 7h9', 'M19 7h1', circle(16, 7, 2.2), 'M4 17h1', 'M11 17h9', circle(8, 17, 2.2), 'M4 12h16')
export const IconSearch = /*#__PURE__*/ icon(circle(11, 11, 6.5), 'M16 16l4.5 4.5')
export const IconBack = /*#__PURE__*/ icon('M15 5l-7 7 7 7')
export const IconForwardArrow = /*#__PURE__*/ icon('M9 5l7 7-7 7')
export const IconDown = /*#__PURE__*/ icon('M5 9l7 7 7-7')
export const IconClose = /*#__PURE__*/ icon('M6 6l12 12', 'M18 6L6 18')
export const IconMore = /*#__PURE__*/ icon('M5.5 12h.01', 'M12 12h.01', 'M18.5 12h.01')
export const IconPanel = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M12 11v5', 'M12 8h.01')
export const IconHome = /*#__PURE__*/ icon('M4 11l8-7 8 7', 'M6 9.5V20h12V9.5')

/* Doing */
export const IconPlus = /*#__PURE__*/ icon('M12 5v14', 'M5 12h14')
export const IconEdit = /*#__PURE__*/ icon('M4 20l1-4.5L16 4.5a1.8 1.8 0 0 1 2.5 0l1 1a1.8 1.8 0 0 1 0 2.5L8.5 19z', 'M14 6.5l3.5 3.5')
export const IconCompose = /*#__PURE__*/ icon('M20 13v5.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5v-13A1.5 1.5 0 0 1 5.5 4H11', 'M10 14l.6-3L18 3.6a1.4 1.4 0 0 1 2 0l.4.4a1.4 1.4 0 0 1 0 2L13 13.4z')
export const IconDelete = /*#__PURE__*/ icon('M4.5 7h15', 'M9 7V4.5h6V7', 'M6.5 7l.8 11.6A1.5 1.5 0 0 0 8.8 20h6.4a1.5 1.5 0 0 0 1.5-1.4L17.5 7', 'M10 11v5', 'M14 11v5')
export const IconReply = /*#__PURE__*/ icon('M9.5 6L4 11.5 9.5 17', 'M4.5 11.5H14c3.6 0 6 2.2 6 6V18')
export const IconForward = /*#__PURE__*/ icon('M14.5 6l5.5 5.5-5.5 5.5', 'M19.5 11.5H10c-3.6 0-6 2.2-6 6V18')
export const IconCopy = /*#__PURE__*/ icon('M9 9h9.5A1.5 1.5 0 0 1 20 10.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 9 18.5z', 'M15 5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15')
export const IconUndo = /*#__PURE__*/ icon('M4.5 5v5h5', 'M5 10c1.4-3 4-5 7.3-5 4.2 0 7.2 3.2 7.2 7.2s-3 7.3-7.2 7.3c-2.7 0-4.9-1.2-6.2-3.3')
export const IconRefresh = /*#__PURE__*/ icon('M19.5 5v5h-5', 'M19 10c-1.4-3-4-5-7.3-5-4.2 0-7.2 3.2-7.2 7.2s3 7.3 7.2 7.3c2.7 0 4.9-1.2 6.2-3.3')
export const IconSend = /*#__PURE__*/ icon('M4.5 12L3.5 4.5 20.5 12 3.5 19.5z', 'M4.5 12H12')
export const IconAttach = /*#__PURE__*/ icon('M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-8 8a1.6 1.6 0 0 1-2.2-2.2l7.2-7.2')
export const IconSmile = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M8.3 14.2c.8 1.3 2.1 2 3.7 2s2.9-.7 3.7-2', 'M9 9.8v.01', 'M15 9.8v.01')
export const IconReact = /*#__PURE__*/ icon('M19.4 9.3a8.3 8.3 0 1 1-5-5', 'M8.3 14.2c.8 1.3 2.1 2 3.7 2s2.9-.7 3.7-2', 'M9 10v.01', 'M15 10v.01', 'M19 2v5', 'M16.5 4.5h5')
export const IconMic = /*#__PURE__*/ icon('M12 3.5a3 3 0 0 1 3 3V11a3 3 0 0 1-6 0V6.5a3 3 0 0 1 3-3z', 'M5.5 11a6.5 6.5 0 0 0 13 0', 'M12 17.5v3')
export const IconStop = /*#__PURE__*/ icon('M7.5 6.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1z')
export const IconPlay = /*#__PURE__*/ icon('M8 5.5v13l10.5-6.5z')
export const IconPause = /*#__PURE__*/ icon('M8.5 5.5v13', 'M15.5 5.5v13')
export const IconDownload = /*#__PURE__*/ icon('M12 4v11', 'M7 10.5l5 5 5-5', 'M5 20h14')
export const IconImage = /*#__PURE__*/ icon('M5.5 5h13A1.5 1.5 0 0 1 20 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5v-11A1.5 1.5 0 0 1 5.5 5z', circle(9, 10, 1.5), 'M4.5 17.5l4.7-4.2 3 2.7 3.8-4 4 4')
export const IconFile = /*#__PURE__*/ icon('M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5z', 'M13.5 3.5v5h5')
export const IconVideo = /*#__PURE__*/ icon('M4.5 6.5h9A1.5 1.5 0 0 1 15 8v8a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5z', 'M15 11l6-3.5v9L15 13')
export const IconCamera = /*#__PURE__*/ icon('M5 7.5h2.5L9 5h6l1.5 2.5H19A1.5 1.5 0 0 1 20.5 9v8.5A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5V9A1.5 1.5 0 0 1 5 7.5z', circle(12, 13, 3.3))
export const IconLink = /*#__PURE__*/ icon('M10 14a4 4 0 0 0 5.7 0l3.2-3.2a4 4 0 0 0-5.7-5.7L12 6.3', 'M14 10a4 4 0 0 0-5.7 0l-3.2 3.2a4 4 0 0 0 5.7 5.7l1.2-1.2')
export const IconQr = /*#__PURE__*/ icon('M4 4h6v6H4z', 'M14 4h6v6h-6z', 'M4 14h6v6H4z', 'M14 14h2.5v2.5', 'M20 14v.01', 'M20 17.5V20h-3', 'M14 20v-.01')
export const IconSignOut = /*#__PURE__*/ icon('M10 4.5H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.5h4', 'M15 8l4 4-4 4', 'M19 12H9.5')

/* Being */
export const IconPin = /*#__PURE__*/ icon('M9 4h6l-.8 6.2 3.3 3.3H6.5l3.3-3.3z', 'M12 13.5V20')
export const IconUnpin = /*#__PURE__*/ icon('M9 4h6l-.8 6.2 3.3 3.3H6.5l3.3-3.3z', 'M12 13.5V20', 'M4 4l16 16')
export const IconBell = /*#__PURE__*/ icon('M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6.5 2 6.5h-15s2-1.5 2-6.5', 'M10 19.5a2.2 2.2 0 0 0 4 0')
export const IconQuiet = /*#__PURE__*/ icon('M8.2 6A5.5 5.5 0 0 1 17.5 10c0 1.6.2 2.9.5 3.9', 'M6.5 10c0 5-2 6.5-2 6.5H16', 'M10 19.5a2.2 2.2 0 0 0 4 0', 'M4 4l16 16')
export const IconEye = /*#__PURE__*/ icon('M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z', circle(12, 12, 2.8))
export const IconHide = /*#__PURE__*/ icon('M9.5 5.9A9.7 9.7 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.8 3.5', 'M6 7.5A15.5 15.5 0 0 0 2.5 12S6 18.5 12 18.5a9.3 9.3 0 0 0 4.3-1', 'M4 4l16 16')
export const IconUnread = /*#__PURE__*/ icon('M13.5 5.5H5A1.5 1.5 0 0 0 3.5 7v10A1.5 1.5 0 0 0 5 18.5h14a1.5 1.5 0 0 0 1.5-1.5v-6.5', 'M4 8l8 6 4-3', circle(18.5, 5.5, 2.5))
export const IconRead = /*#__PURE__*/ icon('M20.5 10.5V17a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 17V7A1.5 1.5 0 0 1 5 5.5h8', 'M4 8l8 6 3-2.2', 'M15.5 6l2 2 4-4')
export const IconClock = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M12 7.5V12l3 2')
export const IconCheck = /*#__PURE__*/ icon('M5 12.5l4.5 4.5L19 7.5')
export const IconChecks = /*#__PURE__*/ icon('M2.5 12.5L7 17l8.5-9', 'M12 16l1 1 8.5-9')
export const IconFailed = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M12 7.5v5.5', 'M12 16.2v.01')
export const IconLock = /*#__PURE__*/ icon('M6.5 10.5h11A1.5 1.5 0 0 1 19 12v6.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5V12a1.5 1.5 0 0 1 1.5-1.5z', 'M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5')
export const IconStar = /*#__PURE__*/ icon('M12 4l2.5 5.1 5.5.8-4 3.9 1 5.6-5-2.7-5 2.7 1-5.6-4-3.9 5.5-.8z')
export const IconBlock = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M6 6l12 12')
export const IconCrown = /*#__PURE__*/ icon('M4 8l4 3.5L12 5l4 6.5L20 8l-1.5 10h-13z')
export const IconShield = /*#__PURE__*/ icon('M12 3.5l7 2.5v5.5c0 4.3-2.9 7.5-7 9-4.1-1.5-7-4.7-7-9V6z')
export const IconAddPerson = /*#__PURE__*/ icon(circle(10, 8, 4), 'M3 20c.6-3.8 3.3-6 7-6 1.6 0 3 .4 4.1 1.2', 'M18 14.5v6', 'M15 17.5h6')
export const IconMegaphone = /*#__PURE__*/ icon('M4 10v4h3l9 4.5v-13L7 10z', 'M7 14l1 5.5h2.5L9.5 15', 'M19 10a3 3 0 0 1 0 4')
export const IconDevice = /*#__PURE__*/ icon('M4.5 5h15A1.5 1.5 0 0 1 21 6.5v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 14.5v-8A1.5 1.5 0 0 1 4.5 5z', 'M8.5 20h7', 'M12 16v4')
export const IconSun = /*#__PURE__*/ icon(circle(12, 12, 4), 'M12 3v1.5', 'M12 19.5V21', 'M3 12h1.5', 'M19.5 12H21', 'M5.6 5.6l1 1', 'M17.4 17.4l1 1', 'M5.6 18.4l1-1', 'M17.4 6.6l1-1')
export const IconMoon = /*#__PURE__*/ icon('M20 14.2A8.3 8.3 0 0 1 9.8 4 8.3 8.3 0 1 0 20 14.2z')
export const IconGlobe = /*#__PURE__*/ icon(circle(12, 12, 8.5), 'M3.5 12h17', 'M12 3.5c2.3 2.4 3.5 5.3 3.5 8.5s-1.2 6.1-3.5 8.5c-2.3-2.4-3.5-5.3-3.5-8.5s1.2-6.1 3.5-8.5z')
