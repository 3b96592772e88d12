// Sending a file in pieces. A cut connection, a reload or a closed tab lose nothing that has arrived: the server is
// asked how far it is, and the rest follows. Without JavaScript the form sends the file as a whole.

const WAITS = [1, 2, 4, 8, 15, 30]; // seconds between two tries
const MEASURED = 20; // seconds of the last progress that the rate is taken of

const form = () => document.querySelector("form[data-upload]");
const cookie = (name) =>
  decodeURIComponent(document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "");
const token = (element) => cookie("csrftoken") || element.querySelector("[name=csrfmiddlewaretoken]").value;

class Refused extends Error {}

// ---- What the page shows ---------------------------------------------------------------------------------------
function show(element, words, values = {}) {
  const box = element.querySelector("[data-upload-progress]");
  box.hidden = !words;
  if (!words) return;
  const text = box.querySelector("[data-upload-words]");
  const said = text.dataset[words].replace("{seconds}", values.seconds ?? "");
  if (text.textContent !== said) text.textContent = said;
  const bar = box.querySelector("progress");
  if (words === "reading") bar.removeAttribute("value");
  else if (values.total) bar.value = (100 * values.sent) / values.total;
  const figures = box.querySelector("[data-upload-figures]");
  if (words === "reading") figures.textContent = "";
  else if (values.total) figures.textContent = [`${size(values.sent)} / ${size(values.total)}`, values.pace].filter(Boolean).join(" · ");
}

function size(bytes) {
  const [unit, count] = bytes < 1e6 ? ["kilobyte", bytes / 1024] : ["megabyte", bytes / 1048576];
  const digits = unit === "megabyte" && bytes < 1e7 ? 1 : 0;
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: digits }).format(count);
}

function left(seconds) {
  const [unit, count] = seconds < 90 ? ["second", seconds] : seconds < 5400 ? ["minute", seconds / 60] : ["hour", seconds / 3600];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(1, Math.round(count)));
}

function refuse(element, text) {
  show(element, "");
  const alert = document.createElement("p");
  alert.className = "alert alert-bad";
  alert.setAttribute("role", "alert");
  alert.textContent = text;
  element.querySelector("[data-upload-problem]").replaceChildren(alert);
  element.querySelector("button").disabled = false;
}

// ---- Talking to the server --------------------------------------------------------------------------------------
// Resolves to {status, data}; rejects when there was no answer, or one that says "later".
function ask(method, url, { body = null, headers = {}, onProgress = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = request.onabort = request.ontimeout = () => reject(new Error("no answer"));
    request.onload = () => {
      if (request.status >= 500 || request.status === 429) return reject(new Error("later"));
      let data = {};
      try {
        data = JSON.parse(request.responseText);
      } catch {
        if (request.status < 300) return reject(new Refused(form().dataset.signedOut)); // the sign-in page
      }
      resolve({ status: request.status, data });
    };
    request.send(body);
  });
}

async function digest(piece) {
  if (!crypto.subtle) return ""; // only on secure connections and on this machine
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", await piece.arrayBuffer()));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The wait ends early when the browser says that the connection is back.
function wait(seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, seconds * 1000);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    }
    addEventListener("online", done);
  });
}

async function patiently(element, act) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof Refused) throw error;
      const seconds = WAITS[Math.min(tries, WAITS.length - 1)];
      show(element, "cut", { seconds });
      await wait(seconds);
    }
  }
}

function answered({ status, data }, element) {
  if (status < 300 || status === 409) return data;
  throw new Refused(data.problem || element.dataset.lost);
}

// ---- One file ------------------------------------------------------------------------------------------------------
async function send(element, file) {
  const headers = () => ({ "X-CSRFToken": token(element) });
  const post = async (url, values = {}) => {
    const body = new URLSearchParams(values);
    return answered(await ask("POST", url, { body, headers: headers() }), element);
  };
  show(element, "sending", { sent: 0, total: file.size });
  const mark = String(file.lastModified);
  const upload = await patiently(element, () => post(element.dataset.begin, { name: file.name, size: file.size, mark }));
  let received = upload.received;
  const rate = measured(received);
  const progress = (sent) => show(element, "sending", { sent, total: file.size, pace: rate(element, sent, file.size) });
  while (received < file.size) {
    received = await patiently(element, async () => {
      const piece = file.slice(received, received + upload.piece);
      let answer;
      try {
        answer = await ask("PUT", `${upload.url}?offset=${received}`, {
          body: piece,
          headers: { ...headers(), "Content-Type": "application/octet-stream", "X-Piece-SHA256": await digest(piece) },
          onProgress: (loaded) => progress(received + Math.min(loaded, piece.size)),
        });
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (error.name === "NotReadableError") throw new Refused(element.dataset.changed);
        answer = await ask("GET", upload.url); // the piece may have arrived although its answer did not
      }
      const next = answered(answer, element).received;
      if (next === received) throw new Error("not arrived, or damaged on the way"); // after a wait, once more
      return next;
    });
    progress(received);
  }
  show(element, "reading");
  const { location, ...rest } = await patiently(element, () => post(upload.end));
  if (!location) throw new Refused(rest.problem || element.dataset.lost);
  window.location.assign(location);
}

// Rate and time left, of the last seconds.
function measured(start) {
  const points = [[performance.now(), start]];
  return (element, sent, total) => {
    const now = performance.now();
    points.push([now, sent]);
    while (points.length > 2 && now - points[0][0] > MEASURED * 1000) points.shift();
    const [at, from] = points[0];
    const rate = ((sent - from) / (now - at)) * 1000;
    if (now - at < 1000 || rate <= 0) return "";
    const words = element.querySelector("[data-upload-words]").dataset.pace;
    return words.replace("{rate}", size(rate)).replace("{left}", left((total - sent) / rate));
  };
}

document.addEventListener("submit", async (event) => {
  const element = event.target.closest?.("form[data-upload]");
  const file = element?.querySelector('input[type="file"]').files[0];
  if (!file) return;
  event.preventDefault();
  element.querySelector("[data-upload-problem]").replaceChildren();
  if (file.size > Number(element.dataset.maxBytes)) {
    refuse(element, element.dataset.tooBig);
    return;
  }
  element.querySelector("button").disabled = true;
  try {
    await send(element, file);
  } catch (error) {
    refuse(element, error instanceof Refused ? error.message : element.dataset.lost);
  }
});

// A page that comes back from the browser's own memory must not show an upload that no longer runs.
addEventListener("pageshow", (event) => {
  const element = form();
  if (!event.persisted || !element) return;
  show(element, "");
  element.querySelector("button").disabled = false;
});
