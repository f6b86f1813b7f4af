const shape =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
let lastFound: string | undefined;
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether a text is an RFC 3339 date-time: any number of fraction digits, any offset, a leap second where one can be
 * (the last second of a UTC day), and only dates that exist.
 */
export function isTimestamp(text: string): boolean {
  // Most events share their millisecond with the one before.
  if (text === lastFound) return true;
  const found = isDateTime(text);
  if (found) lastFound = text;
  return found;
}

function isDateTime(text: string): boolean {
  if (!shape.test(text)) return false;
  if (digits(text, 8) > 28 && !isDayOfMonth(text)) return false;
  return digits(text, 17) !== 60 || isLastMinuteOfUtcDay(text);
}

function isDayOfMonth(text: string): boolean {
  const month = digits(text, 5);
  const day = digits(text, 8);
  if (month === 2 && day === 29) return isLeapYear(digits(text, 0) * 100 + digits(text, 2));
  return day <= (daysOfMonth[month - 1] ?? 0);
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function isLastMinuteOfUtcDay(text: string): boolean {
  const local = digits(text, 11) * 60 + digits(text, 14);
  return (local - offsetMinutes(text) + 1) % 1_440 === 0;
}

function offsetMinutes(text: string): number {
  const sign = text.at(-6);
  if (sign !== "+" && sign !== "-") return 0;
  const minutes = digits(text, text.length - 5) * 60 + digits(text, text.length - 2);
  return sign === "+" ? minutes : -minutes;
}

/** The number of the two digits at a place. */
function digits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}
