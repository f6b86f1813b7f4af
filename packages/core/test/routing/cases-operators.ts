/** Each operator against values of each type. */
import { type FilterCase, fieldCases } from "./make-cases.js";

const ignoring = (text: string): object => ({ "equals-ignore-case": text });
const but = (operand: unknown): object => ({ "anything-but": operand });

export const operatorCases: readonly FilterCase[] = [
  // Values by themselves.
  ...fieldCases(["a", 1, true, null], {
    yes: ["a", 1, 1.0, true, null],
    no: ["A", "", "1", "true", "null", 0, 2, false, undefined, {}, []],
  }),
  ...fieldCases([0], { yes: [0, -0], no: ["0", false, null, ""] }),
  ...fieldCases([""], { yes: [""], no: [" ", null, 0, false, undefined] }),
  ...fieldCases([0.3], { yes: [0.3, 3e-1], no: [0.1 + 0.2] }),
  ...fieldCases(["é"], { yes: ["\u00e9"], no: ["e\u0301"] }),

  // prefix, suffix
  ...fieldCases([{ prefix: "ab" }], {
    yes: ["ab", "abc"],
    no: ["a", "AB", "cab", "", 5, true, null, undefined, { ab: "ab" }],
  }),
  ...fieldCases([{ suffix: "ab" }], { yes: ["ab", "cab"], no: ["b", "AB", "abc", "", 5, null, undefined] }),
  ...fieldCases([{ prefix: "1" }, { suffix: "e" }], { yes: ["12", "e"], no: [12, 1, true] }),
  ...fieldCases([{ prefix: ignoring("aB") }], { yes: ["ab", "AB", "Abc"], no: ["a", "cab", 5] }),
  ...fieldCases([{ suffix: ignoring("aB") }], { yes: ["ab", "AB", "cAb"], no: ["b", "abc"] }),

  // equals-ignore-case
  ...fieldCases([ignoring("Straße-Σ")], {
    yes: ["straße-σ", "STRAßE-ς", "straẞe-Σ"],
    no: ["strasse-σ", "straße-σx", null],
  }),
  ...fieldCases([ignoring("")], { yes: [""], no: ["a", null, undefined] }),
  ...fieldCases([{ prefix: ignoring("ΟΔΟΣ") }], { yes: ["οδοςΑ", "οδοσα", "ΟΔΟΣΑ"] }),

  // wildcard
  ...fieldCases([{ wildcard: "*" }], { yes: ["", "a", "*"], no: [1, null, undefined, true] }),
  ...fieldCases([{ wildcard: "a*c" }], {
    yes: ["ac", "abc", "abbc", "acc"],
    no: ["a", "c", "ab", "acb", "xac", "A*C"],
  }),
  ...fieldCases([{ wildcard: "*/main" }], { yes: ["/main", "refs/main"], no: ["main", "refs/mainx"] }),
  ...fieldCases([{ wildcard: "dev.*" }], { yes: ["dev.", "dev.x"], no: ["dev", "xdev."] }),
  ...fieldCases([{ wildcard: "a*b*c" }], {
    yes: ["abc", "axbxc", "abbcc", "abcbc"],
    no: ["acb", "ac", "abx"],
  }),
  ...fieldCases([{ wildcard: "*a*a*" }], { yes: ["aa", "xaxax"], no: ["a", "xax"] }),
  ...fieldCases([{ wildcard: "aba*aba" }], { yes: ["abaaba", "abaxaba"], no: ["aba", "ababa"] }),
  ...fieldCases([{ wildcard: "a*ab*b" }], { yes: ["aabb", "axabxb"], no: ["aab", "abb"] }),
  ...fieldCases([{ wildcard: "plain" }], { yes: ["plain"], no: ["plai", "plainx"] }),
  ...fieldCases([{ wildcard: "a\\*b" }], { yes: ["a*b"], no: ["axb", "a\\*b", "ab"] }),
  ...fieldCases([{ wildcard: "a\\\\*" }], { yes: ["a\\", "a\\b"], no: ["a*", "a"] }),
  ...fieldCases([{ wildcard: "\\**" }], { yes: ["*", "*x"], no: ["x", ""] }),
  ...fieldCases([{ wildcard: "a.c?[x]*" }], { yes: ["a.c?[x]"], no: ["abc?[x]", "a.cx"] }),
  ...fieldCases([{ wildcard: "a*b" }], { yes: ["a\nb", "a\u{1f600}b"] }),

  // anything-but
  ...fieldCases([but("a")], { yes: ["b", "", "A", 1, true, null], no: ["a", undefined, {}, []] }),
  ...fieldCases([but(5)], { yes: ["5", 6, null], no: [5, undefined] }),
  ...fieldCases([but(null)], { yes: ["", 0, false], no: [null, undefined] }),
  ...fieldCases([but(["a", 5, true])], { yes: ["b", 6, false, "true"], no: ["a", 5, true, undefined] }),
  ...fieldCases([but({ prefix: "ab" })], { yes: ["a", "", 5, null], no: ["ab", "abc", undefined] }),
  ...fieldCases([but({ prefix: ["a", ignoring("B")] })], { yes: ["c"], no: ["ax", "bx", "Bx"] }),
  ...fieldCases([but({ suffix: "ab" })], { yes: ["b", 5], no: ["ab", "cab"] }),
  ...fieldCases([but({ suffix: [".tmp", ".bak"] })], { yes: ["x.txt"], no: ["x.tmp", "x.bak"] }),
  ...fieldCases([but(ignoring("Main"))], { yes: ["mainx", 1], no: ["main", "MAIN", undefined] }),
  ...fieldCases([but({ "equals-ignore-case": ["a", "b"] })], { yes: ["c"], no: ["A", "b"] }),
  ...fieldCases([but({ wildcard: "*/lib/*" })], { yes: ["lib", 1], no: ["a/lib/b", undefined] }),
  ...fieldCases([but({ wildcard: ["a*", "*b"] })], { yes: ["c"], no: ["ax", "xb"] }),
  // The list means any: one of them is enough.
  ...fieldCases([but("a"), but("b")], { yes: ["a", "b", "c"], no: [undefined] }),
  ...fieldCases(["a", { prefix: "b" }, { numeric: [">", 5] }], { yes: ["a", "bx", 6], no: ["c", 5, "6"] }),

  // numeric
  ...fieldCases([{ numeric: ["=", 5] }], { yes: [5, 5.0, 5], no: [5.1, "5", null, true, undefined] }),
  ...fieldCases([{ numeric: ["=", 0] }], { yes: [0, -0], no: ["", null, false] }),
  ...fieldCases([{ numeric: ["<", 5] }], { yes: [4.999, -1e300], no: [5, 6] }),
  ...fieldCases([{ numeric: ["<=", 5] }], { yes: [5, 4], no: [5.001] }),
  ...fieldCases([{ numeric: [">", 5] }], { yes: [5.001, 1e300], no: [5, 4] }),
  ...fieldCases([{ numeric: [">=", 5] }], { yes: [5, 6], no: [4.999, "9"] }),
  ...fieldCases([{ numeric: [">", 0, "<=", 5] }], { yes: [0.1, 5], no: [0, 5.1] }),
  ...fieldCases([{ numeric: ["<", 5, ">=", 0] }], { yes: [0, 4.9], no: [5, -0.1] }),
  ...fieldCases([{ numeric: [">=", 5, "<=", 5] }], { yes: [5], no: [4, 6] }),

  // cidr
  ...fieldCases([{ cidr: "10.0.0.0/8" }], {
    yes: ["10.0.0.0", "10.255.255.255"],
    no: [
      "11.0.0.0",
      "9.255.255.255",
      "10.0.0",
      "10.0.0.256",
      "010.0.0.1",
      "10.0.0.1/8",
      " 10.0.0.1",
      "",
      10,
      null,
      "::ffff:10.0.0.1",
      undefined,
    ],
  }),
  ...fieldCases([{ cidr: "192.168.7.77/28" }], {
    yes: ["192.168.7.64", "192.168.7.79"],
    no: ["192.168.7.63", "192.168.7.80"],
  }),
  ...fieldCases([{ cidr: "172.16.0.0/12" }], { yes: ["172.31.255.255"], no: ["172.32.0.0", "172.15.0.0"] }),
  ...fieldCases([{ cidr: "1.2.3.4/32" }], { yes: ["1.2.3.4"], no: ["1.2.3.5"] }),
  ...fieldCases([{ cidr: "0.0.0.0/0" }], { yes: ["255.255.255.255"], no: ["::1", "x"] }),
  ...fieldCases([{ cidr: "2001:db8::/32" }], {
    yes: ["2001:db8::", "2001:DB8:ffff::1", "2001:0db8:0:0:0:0:0:1", "2001:db8::1.2.3.4"],
    no: [
      "2001:db9::",
      "2001:db8",
      "2001:db8::1%eth0",
      ":2001:db8::",
      "2001:db8:::",
      "2001:db8::1::",
      "12001:db8::",
      "10.0.0.1",
    ],
  }),
  ...fieldCases([{ cidr: "::/0" }], {
    yes: ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"],
    no: [
      "1.2.3.4",
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1.2.3",
      "1.2.3.4::",
      "g::",
    ],
  }),
  ...fieldCases([{ cidr: "::ffff:10.0.0.0/104" }], {
    yes: ["::ffff:10.1.2.3", "::ffff:a01:203"],
    no: ["10.1.2.3", "::ffff:11.0.0.0"],
  }),
  ...fieldCases([{ cidr: "fe80::/10" }], { yes: ["fe80::1", "febf::"], no: ["fec0::", "fe7f::"] }),

  // exists
  ...fieldCases([{ exists: true }], {
    yes: ["", 0, false, null, "x", [null]],
    no: [undefined, {}, { a: 1 }, [], [{}], [[]]],
  }),
  ...fieldCases([{ exists: false }], {
    no: ["", 0, false, null, "x", [null]],
    yes: [undefined, {}, { a: 1 }, [], [{}], [[]]],
  }),
  ...fieldCases(["x", { exists: false }], { yes: ["x", undefined, []], no: ["y", null, ["y"]] }),
];
