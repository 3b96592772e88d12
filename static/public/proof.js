// Finds the number of an ALTCHA challenge: SHA-256(salt + number) is the challenge. In a worker of its own, so
// that the page stays quick, and without Web Crypto, which pages without TLS do not have.

const K = new Uint32Array(64);
const START = new Uint32Array(8);
(() => {
  let found = 0;
  for (let number = 2; found < 64; number += 1) {
    let prime = true;
    for (let by = 2; by * by <= number; by += 1) if (number % by === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = (Math.sqrt(number) % 1) * 2 ** 32;
    K[found] = (Math.cbrt(number) % 1) * 2 ** 32;
    found += 1;
  }
})();

const W = new Uint32Array(64);

// The digest of a text of ASCII letters, as lower-case hexadecimal (FIPS 180-4).
function sha256(text) {
  const blocks = ((text.length + 8) >> 6) + 1;
  const data = new Uint32Array(blocks * 16);
  for (let i = 0; i < text.length; i += 1) data[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
  data[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
  data[data.length - 1] = text.length * 8;
  const hash = START.slice();
  for (let block = 0; block < data.length; block += 16) {
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i += 1) {
      if (i < 16) W[i] = data[block + i];
      else {
        const x = W[i - 15];
        const y = W[i - 2];
        W[i] = W[i - 16] + W[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
      }
      const one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (hash[i] += value));
  }
  return [...hash].map((value) => value.toString(16).padStart(8, "0")).join("");
}

addEventListener("message", ({ data: { algorithm, challenge, maxNumber, salt, signature } }) => {
  for (let number = 0; number <= maxNumber; number += 1) {
    if (sha256(salt + number) !== challenge) continue;
    postMessage(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature })));
    return;
  }
  postMessage("");
});
