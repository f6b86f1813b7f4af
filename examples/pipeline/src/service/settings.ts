/** A service is configured by its environment alone. @throws Error that names the variable that is missing */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === "") {
    throw new Error(
      `The environment variable ${name} is not set. See README.md for what each service needs.`,
    );
  }
  return value;
}

/** As `setting`, for a whole number that is not negative. */
export function count(name: string, fallback: number): number {
  const value = Number(setting(name, String(fallback)));
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`The environment variable ${name} must be a whole number.`);
}
