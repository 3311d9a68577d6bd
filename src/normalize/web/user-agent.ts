import { type Format, path, text } from '../format.ts';

/** What a User-Agent header says, in the names of ECS `user_agent.*`. */
export type UserAgent = {
  readonly name: string;
  readonly version?: string;
  readonly device: string;
  readonly os?: { readonly name: string; readonly version?: string };
};

/** Products in the order of trust: most browsers also claim to be the ones below them. */
const PRODUCTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /\b(?:Edge|Edg|EdgA|EdgiOS)\/([\d.]+)/],
  ['Amazon Silk', /\bSilk\/([\d.]+)/],
  ['Amazon CloudFront', /^Amazon CloudFront\b\/?([\d.]*)/],
  ['Opera', /\b(?:OPR|Opera)[/ ]([\d.]+)/],
  ['Samsung Internet', /\bSamsungBrowser\/([\d.]+)/],
  ['Vivaldi', /\bVivaldi\/([\d.]+)/],
  ['Yandex Browser', /\bYaBrowser\/([\d.]+)/],
  ['HeadlessChrome', /\bHeadlessChrome\/([\d.]+)/],
  ['Electron', /\bElectron\/([\d.]+)/],
  ['Chromium', /\bChromium\/([\d.]+)/],
  ['Chrome Mobile iOS', /\bCriOS\/([\d.]+)/],
  ['Firefox iOS', /\bFxiOS\/([\d.]+)/],
  ['Chrome Mobile', /\bChrome\/([\d.]+) Mobile\b/],
  ['Chrome', /\bChrome\/([\d.]+)/],
  ['Firefox Mobile', /\(Android; (?:Mobile|Tablet);.{0,64}? Firefox\/([\d.]+)/],
  ['Firefox Alpha', /\bFirefox\/(\d[\d.]*a\d+)/],
  ['Firefox Beta', /\bFirefox\/(\d[\d.]*b\d+)/],
  ['Firefox', /\bFirefox\/([\d.]+)/],
  ['Mobile Safari', /\bVersion\/([\d.]+) Mobile\/\S+ Safari\//],
  ['Safari', /\bVersion\/([\d.]+).{0,32}? Safari\//],
  ['IE Mobile', /\bIEMobile[/ ]([\d.]+)/],
  ['IE', /\bMSIE ([\d.]+)/],
  ['IE', /\bTrident\/.{0,64}?\brv:([\d.]+)/],
  ['Python Requests', /^python-requests\/([\d.]+)/],
  ['Python aiohttp', /\baiohttp\/([\d.]+)/],
  ['Python-urllib', /^Python-urllib\/([\d.]+)/],
  ['Go-http-client', /^Go-http-client\/([\d.]+)/],
  ['Apache-HttpClient', /^Apache-HttpClient\/([\d.]+)/],
  ['okhttp', /^okhttp\/([\d.]+)/],
  ['PowerShell', /\bWindowsPowerShell\/([\d.]+)/],
  ['Wget', /^Wget\/([\d.]+)/],
  ['curl', /^curl\/([\d.]+)/],
  ['PostmanRuntime', /^PostmanRuntime\/([\d.]+)/],
  ['Java', /^Java\/([\d._]+)/],
];
const BOT = /\b([A-Za-z][\w-]{0,48}(?:[Bb]ot|[Ss]pider|[Cc]rawler)(?:-[A-Z]\w{0,16})?)\b(?:\/v?([\d.]+))?/;
const NT: Readonly<Record<string, string>> = {
  '5.0': '2000',
  '5.1': 'XP',
  '5.2': 'XP',
  '6.0': 'Vista',
  '6.1': '7',
  '6.2': '8',
  '6.3': '8.1',
  '10.0': '10',
};
/** Longer headers are read up to here. */
const READ_CHARACTERS = 1024;

/** Reads a User-Agent header. Linear; what it does not know is `Other`. */
export function readUserAgent(header: string): UserAgent {
  const line = header.slice(0, READ_CHARACTERS);
  const bot = BOT.exec(line);
  const os = systemOf(line);
  if (bot !== null && !/^(?:Cubot)$/.test(bot[1] as string))
    return {
      name: bot[1] as string,
      ...(bot[2] === undefined ? {} : { version: bot[2] }),
      device: 'Spider',
      ...(os === undefined ? {} : { os }),
    };
  for (const [name, pattern] of PRODUCTS) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const version = (found[1] as string).replace(/\.$/, '');
    return { name, ...(version === '' ? {} : { version }), device: deviceOf(line, os?.name), ...(os === undefined ? {} : { os }) };
  }
  return { name: 'Other', device: deviceOf(line, os?.name), ...(os === undefined ? {} : { os }) };
}

function systemOf(line: string): UserAgent['os'] {
  const nt = /\bWindows NT ([\d.]+)/.exec(line);
  if (nt !== null) return { name: 'Windows', version: NT[nt[1] as string] ?? (nt[1] as string) };
  const ios = /\b(?:iPhone|iPad|iPod).{0,64}? OS ([\d_]+)/.exec(line);
  if (ios !== null) return { name: 'iOS', version: (ios[1] as string).replaceAll('_', '.') };
  const mac = /\bMac OS X(?: ([\d._]+))?/.exec(line);
  if (mac !== null) return { name: 'Mac OS X', ...(mac[1] === undefined ? {} : { version: mac[1].replaceAll('_', '.') }) };
  const android = /\bAndroid(?:[ -]([\d.]+))?/.exec(line);
  if (android !== null) return { name: 'Android', ...(android[1] === undefined ? {} : { version: android[1] }) };
  const named = /\b(Ubuntu|Fedora|Debian|CrOS|FreeBSD|OpenBSD|NetBSD)\b/.exec(line);
  if (named !== null) return { name: named[1] === 'CrOS' ? 'Chrome OS' : (named[1] as string) };
  return /\blinux\b/i.test(line) ? { name: 'Linux' } : undefined;
}

function deviceOf(line: string, os: string | undefined): string {
  const apple = /\b(iPhone|iPad|iPod)\b/.exec(line);
  if (apple !== null) return apple[1] as string;
  if (/\bSilk\/|\bKF[A-Z]{3,5}\b/.test(line)) return 'Kindle';
  if (os === 'Mac OS X') return 'Mac';
  if (os === 'Android') return /\bMobile\b/.test(line) ? 'Generic Smartphone' : 'Generic Tablet';
  return 'Other';
}

const full = ({ os }: UserAgent): string | undefined => (os?.version === undefined ? undefined : `${os.name} ${os.version}`);

/** The `user_agent.*` fields of a format, from where it has the header. */
export function userAgentFields(...header: readonly [string, ...string[]]): Format['fields'] {
  const source = path(...header);
  return {
    'user_agent.original': source,
    'user_agent.name': text(source, (line) => readUserAgent(line).name),
    'user_agent.version': text(source, (line) => readUserAgent(line).version),
    'user_agent.device.name': text(source, (line) => readUserAgent(line).device),
    'user_agent.os.name': text(source, (line) => readUserAgent(line).os?.name),
    'user_agent.os.version': text(source, (line) => readUserAgent(line).os?.version),
    'user_agent.os.full': text(source, (line) => full(readUserAgent(line))),
  };
}
