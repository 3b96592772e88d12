// The camera: the scanner of the browser where it has one, else qr-scanner's own.

import QrScanner from "../../vendor/qr-scanner/qr-scanner.min.js";

const PAUSE = 1800; // milliseconds in which the same code is not read again

/** Read tickets from the camera; `read(code)` for each. Resolves to a function that stops; throws without one. */
export async function scan(video, read) {
  let last = { code: "", at: 0 };
  const scanner = new QrScanner(
    video,
    ({ data }) => {
      if (data === last.code && Date.now() - last.at < PAUSE) return;
      last = { code: data, at: Date.now() };
      read(data);
    },
    { preferredCamera: "environment", maxScansPerSecond: 8, returnDetailedScanResult: true },
  );
  await scanner.start();
  return () => scanner.destroy();
}

/** By what the list knows a ticket. */
export async function digestOf(code) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code)));
  return Array.from(bytes.slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
