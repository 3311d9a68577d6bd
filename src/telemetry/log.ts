import { pino } from 'pino';
import type { Logger } from '../shared/logger.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Takes one line of the log as well; the number is a severity of the OTLP data model. */
export type LogForward = (
  severity: number,
  text: string,
  body: string,
  attributes: Readonly<Record<string, string | number | boolean>>,
  time: number,
) => void;

/** pino's level, the severity number and text of OTLP. */
const SEVERITIES: Readonly<Record<number, readonly [number, string]>> = {
  20: [5, 'DEBUG'],
  30: [9, 'INFO'],
  40: [13, 'WARN'],
  50: [17, 'ERROR'],
};

/** A field of a line is cut here: what an attacker wrote into an error never floods the log. */
const MAX_FIELD = 1024;

/** JSON lines on stderr; stdout belongs to data. Secrets never reach it: they are `Secret` values that print as redacted. */
export function createLogger(level: LogLevel, forward?: LogForward, write?: (line: string) => void): Logger {
  const destination = write === undefined ? pino.destination({ dest: 2, sync: true }) : { write };
  const stream = {
    write(line: string) {
      destination.write(plain(line));
      if (forward !== undefined) tell(line, forward);
    },
  };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { log: shortened } }, stream);
}

/**
 * JSON leaves characters alone that a terminal obeys (C1 controls) or that turn and hide text; they are written as escapes,
 * so that who looks at the log sees what stands there.
 */
function plain(line: string): string {
  return line.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

function shortened(fields: Record<string, unknown>): Record<string, unknown> {
  const long = Object.values(fields).some((value) => typeof value === 'string' && value.length > MAX_FIELD);
  if (!long) return fields;
  const cut = (value: unknown): unknown =>
    typeof value === 'string' && value.length > MAX_FIELD ? `${value.slice(0, MAX_FIELD)}...` : value;
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, cut(value)]));
}

function tell(line: string, forward: LogForward): void {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg: string };
  const [severity, text] = SEVERITIES[level] ?? [9, 'INFO'];
  const attributes = Object.fromEntries(
    Object.entries(fields as Record<string, unknown>).map(([key, value]) => [
      key,
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value),
    ]),
  );
  forward(severity, text, msg, attributes, Date.parse(time));
}
