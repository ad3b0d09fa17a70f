import { LOG_LEVELS, type LogLevel } from './config/settings.ts';

/** Says what an operator should know: one line an event, quiet by default. */
export type Logger = {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
};

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A logger of lines such as `2026-01-01T00:00:00.000Z info job accepted job=job_01`. */
export function lineLogger(to: {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
}): Logger {
  const least = LOG_LEVELS.indexOf(to.level);
  const at = (level: Exclude<LogLevel, 'silent'>) => {
    if (LOG_LEVELS.indexOf(level) < least) return (): void => {};
    return (message: string, fields: LogFields = {}): void => {
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`);
      to.write(`${new Date().toISOString()} ${level} ${message}${pairs.join('')}\n`);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Text that could break a line, or that came from elsewhere with spaces, is quoted. */
function shown(value: LogFields[string]): string {
  const text = String(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
