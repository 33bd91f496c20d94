/** Line drawings on a 24 × 24 grid, drawn for Parlor. Decorative: the words stand beside them or in their label. */

/** @type {Record<string, string[]>} path data */
const PATHS = {
  chat: ['M4 5.5h16v10.5H11l-4.5 3.5V16H4z'],
  sms: ['M7 3h10v18H7z', 'M10.5 17.5h3', 'M9.5 7h5M9.5 10h5'],
  whatsapp: ['M4.5 19.5l1.2-4A8 8 0 1 1 9 18.4z', 'M9.3 9.2c.3 2.6 2.8 5 5.4 5.4l1-1.6-1.9-1.1-.9.7c-.7-.4-1.2-.9-1.6-1.6l.8-.9-1.1-1.9z'],
  messenger: ['M12 4c4.6 0 8 3.2 8 7.3s-3.4 7.3-8 7.3c-.8 0-1.6-.1-2.3-.3L6.5 20v-3C5 15.7 4 13.6 4 11.3 4 7.2 7.4 4 12 4z', 'M7.8 13l3-2.8 2.4 1.9 3-2.8'],
  megaphone: ['M4 10v4h3l8 4V6l-8 4z', 'M18 9.5a4 4 0 0 1 0 5', 'M8 14v4.5h2.5V15'],
  at: ['M15.5 12a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0z', 'M15.5 8.5V13c0 1.6 1 2.5 2.3 2.5s2.2-1.2 2.2-3.5a8 8 0 1 0-3.2 6.4'],
  mail: ['M3.5 6h17v12h-17z', 'M4 6.5l8 6.5 8-6.5'],
  voice: ['M6 4h3.5l1.3 4.2-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2L20 14.5V18a2 2 0 0 1-2 2A14.5 14.5 0 0 1 4 6a2 2 0 0 1 2-2z'],
  send: ['M4 12L20 4l-4.5 16-4-6.5z', 'M11.5 13.5L20 4'],
  refresh: ['M19 12a7 7 0 1 1-2-4.9', 'M19.5 4v4.5H15'],
  search: ['M17 11a6 6 0 1 1-12 0 6 6 0 0 1 12 0z', 'M15.5 15.5L20 20'],
  check: ['M5 12.5l4.5 4.5L19 7.5'],
  checks: ['M2.5 12.5L7 17l9-9.5', 'M11.5 16l1 1 9-9.5'],
  clock: ['M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z', 'M12 7.5V12l3 2'],
  close: ['M6 6l12 12M18 6L6 18'],
  clip: ['M19 11.5l-7.300 7.300a4.200 4.200 0 0 1-6-6l7.800-7.800a2.800 2.800 0 0 1 4 4l-7.800 7.800a1.400 1.400 0 0 1-2-2l6.800-6.800'],
  file: ['M6.500 3.500h7l4 4v13h-11z', 'M13.500 3.500v4h4'],
  picture: ['M4 5.500h16v13H4z', 'M4.500 16.500l4.500-4.500 3.500 3.500 3-3 4 4', 'M16.500 9.200a1 1 0 1 1-2 0 1 1 0 0 1 2 0z'],
  alert: ['M12 4l9 16H3z', 'M12 10v4.5M12 17v.6'],
  note: ['M5 4h14v10l-5 6H5z', 'M14 20v-6h5', 'M8.5 8.5h7M8.5 12h4'],
  stop: ['M7 7h10v10H7z'],
  done: ['M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z', 'M8.5 12.5l2.5 2.5 4.5-5'],
  user: ['M15.5 8.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0z', 'M5 20c.6-4 3.4-6 7-6s6.4 2 7 6'],
  people: ['M12.5 8.5a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0z', 'M3 19.5c.5-3.7 3-5.5 6.3-5.5s5.8 1.8 6.3 5.5', 'M15 5.6a3.2 3.2 0 0 1 0 5.8M17.5 14.6c1.9.8 3.1 2.4 3.5 4.9'],
  sidebar: ['M3.5 5h17v14h-17z', 'M9.5 5v14'],
  down: ['M6 9.5l6 6 6-6'],
  arrowDown: ['M12 5v14M6 13l6 6 6-6'],
  back: ['M14.5 6l-6 6 6 6'],
  leave: ['M10 4H5v16h5', 'M14.5 8l4 4-4 4M18.5 12H9'],
  pin: ['M9 4h6l-.8 6 3.3 3v1.5H6.5V13l3.3-3z', 'M12 14.5V20'],
  plus: ['M12 5v14M5 12h14'],
  bell: ['M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 1.5h-15z', 'M10 20.5h4'],
  lock: ['M6 11h12v9H6z', 'M8.5 11V8a3.5 3.5 0 1 1 7 0v3'],
  smile: ['M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z', 'M8.5 14c.8 1.3 2 2 3.500 2s2.700-.7 3.500-2M9.300 9.600v.6M14.700 9.600v.6'],
  link: ['M10 13.5a4 4 0 0 0 5.7.4l3-3a4 4 0 0 0-5.6-5.7l-1.6 1.6', 'M14 10.5a4 4 0 0 0-5.7-.4l-3 3a4 4 0 0 0 5.6 5.7l1.6-1.6'],
  globe: ['M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z', 'M4.5 10h15M4.5 14h15M12 4c-3 3.5-3 12.5 0 16 3-3.5 3-12.5 0-16z'],
  eye: ['M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12z', 'M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0z'],
  bars: ['M5 20v-8M12 20V5M19 20v-5', 'M3 20h18'],
  team: ['M15 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0z', 'M6.5 19.5c.5-3.6 2.6-5.3 5.5-5.3s5 1.7 5.5 5.3', 'M5.8 6.4a2.4 2.4 0 0 0 0 4.4M2.5 17.5c.2-2.2 1.1-3.7 2.6-4.4', 'M18.2 6.4a2.4 2.4 0 0 1 0 4.4M21.5 17.5c-.2-2.2-1.1-3.7-2.6-4.4'],
  why: ['M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z', 'M9.8 9.7a2.2 2.2 0 1 1 3.3 1.9c-.7.4-1.1.9-1.1 1.7M12 16.2v.5'],
  hand: ['M12 4v11M7 10.5l5 5 5-5', 'M4.5 19.5h15'],
  card: ['M3.5 5.5h17v13h-17z', 'M10.5 10.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM5.5 16c.4-1.8 1.5-2.7 3-2.7s2.6.9 3 2.7', 'M14 10h4M14 13.5h4'],
};

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} name
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(name, className = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon ${className}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  for (const data of PATHS[name] ?? PATHS.chat) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', data);
    svg.append(path);
  }
  return svg;
}

/** @type {Record<string, string>} */
const OF_KIND = {
  web_chat: 'chat', sms: 'sms', whatsapp: 'whatsapp', messenger: 'messenger', facebook_post: 'megaphone',
  twitter_direct: 'at', twitter_post: 'megaphone', email: 'mail', voice: 'voice',
};

/** @param {string} kind a channel kind; kinds are an open set, so unknown ones get the plain bubble @returns {string} */
export function iconOfKind(kind) {
  return OF_KIND[kind] ?? 'chat';
}
