const [name = "nobody"] = process.argv.slice(2);

console.log(`ready ${name} ${process.env["TEST_WORD"]}`);
console.error("a word on the side");
process.stdin.on("data", (chunk) => {
  const text = String(chunk).trim();
  if (text === "leave") process.exit(3);
  console.log(`heard ${text}`);
});
