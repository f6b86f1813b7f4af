const most = 1_000;
const longest = 200;

/**
 * Remembers what a pure function of a string returned. Sources, types and media types repeat from event to event, and
 * a look-up is cheaper than a grammar. Bounded in number and in length, so that foreign values cannot fill the memory:
 * when it is full it starts anew.
 */
export function memoize<Result extends {}>(compute: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  let lastText = "";
  let lastResult = compute(lastText);
  return (text) => {
    // Comparing with the last one spares even the hash, which a freshly parsed string does not have yet.
    if (text === lastText) return lastResult;
    lastResult = known.get(text) ?? remember(text);
    lastText = text;
    return lastResult;
  };

  function remember(text: string): Result {
    const result = compute(text);
    if (text.length > longest) return result;
    if (known.size >= most) known.clear();
    known.set(text, result);
    return result;
  }
}
