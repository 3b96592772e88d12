// Sending a file in pieces. A cut connection, a reload or a closed tab lose nothing that has arrived: the server is
// asked how far it is, and the rest follows. What does not pass by itself stops with words and a button to go on.
// Without JavaScript the form sends the file as a whole.

// Seconds before each new try of one request: a line may be gone for minutes, a server that fails rarely is.
const WAITS = { cut: [1, 2, 4, 8, 15, ...Array(15).fill(30)], failing: [1, 2, 4, 8, 15, 30], damaged: [1, 2, 4] };
const STALLED = 90; // seconds without a byte or an answer, after which a piece counts as cut off
const READ_EVERY = 2; // seconds between two questions whether the file is read
const READ_WITHIN = 900; // seconds of asking
const MEASURED = 20; // seconds of the last progress that the rate is taken of

const form = () => document.querySelector("form[data-upload]");
const cookie = (name) =>
  decodeURIComponent(document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "");
const token = (element) => cookie("csrftoken") || element.querySelector("[name=csrfmiddlewaretoken]").value;

class Refused extends Error {} // this file, or this page, does not go on
class Stopped extends Error {} // it does, when the reason has passed: what has arrived is kept

// Worth another try. `kind` is a key of WAITS, `status` what the server answered.
class Later extends Error {
  constructor(kind, status = 0) {
    super(kind);
    Object.assign(this, { kind, status });
  }
}

// ---- What the page shows ---------------------------------------------------------------------------------------
function show(element, words, values = {}) {
  const box = element.querySelector("[data-upload-progress]");
  box.hidden = !words;
  if (!words) return;
  const text = box.querySelector("[data-upload-words]");
  const said = text.dataset[words].replace("{seconds}", values.seconds ?? "").replace("{status}", values.status ?? "");
  if (text.textContent !== said) text.textContent = said;
  const bar = box.querySelector("progress");
  if (words === "reading") bar.removeAttribute("value");
  else if (words === "stopped" && !bar.hasAttribute("value")) bar.value = 100; // all has arrived
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

function begin(element) {
  element.querySelector("[data-upload-problem]").replaceChildren();
  element.querySelector("[data-upload-stopped]").hidden = true;
  submit(element).disabled = true;
}

const submit = (element) => element.querySelector(".form-actions button");

function stop(element, text) {
  show(element, "stopped");
  element.querySelector("[data-upload-reason]").textContent = text;
  element.querySelector("[data-upload-stopped]").hidden = false;
  submit(element).disabled = false;
}

function refuse(element, text) {
  show(element, "");
  const alert = document.createElement("p");
  alert.className = "alert alert-bad";
  alert.setAttribute("role", "alert");
  alert.textContent = text;
  element.querySelector("[data-upload-problem]").replaceChildren(alert);
  submit(element).disabled = false;
}

// ---- Talking to the server --------------------------------------------------------------------------------------
// Resolves to {status, data}; rejects with Later when there was no answer, or one that may be another in a while.
function ask(method, url, { body = null, headers = {}, onProgress = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled;
    const heard = () => {
      clearTimeout(stalled);
      if (onProgress) stalled = setTimeout(() => request.abort(), STALLED * 1000);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress)
      request.upload.onprogress = (event) => {
        heard();
        onProgress(event.loaded);
      };
    request.onerror = request.onabort = request.ontimeout = () => reject(new Later("cut"));
    request.onload = () => {
      let data = {};
      try {
        data = JSON.parse(request.responseText);
      } catch {
        if (request.status < 300) return reject(new Refused(form().dataset.signedOut)); // the sign-in page
      }
      if (!data.problem && (request.status >= 500 || request.status === 408 || request.status === 429))
        return reject(new Later("failing", request.status));
      resolve({ status: request.status, data });
    };
    request.onloadend = () => clearTimeout(stalled);
    heard();
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
  const tries = { cut: 0, failing: 0, damaged: 0 };
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Later)) throw error;
      const seconds = WAITS[error.kind][tries[error.kind]++];
      if (!seconds) throw new Stopped(reason(element, error));
      show(element, error.kind, { seconds, status: error.status });
      await wait(seconds);
    }
  }
}

function reason(element, { kind, status }) {
  const words = { cut: element.dataset.noAnswer, failing: element.dataset.error, damaged: element.dataset.lost }[kind];
  return words.replace("{status}", status);
}

function answered({ status, data }, element) {
  if (status < 300 || status === 409) return data;
  if (data.problem) throw data.kept ? new Stopped(data.problem) : new Refused(data.problem);
  throw new Stopped(reason(element, { kind: "failing", status }));
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
  progress(received);
  while (received < file.size) {
    received = await patiently(element, () => sendPiece(element, { file, upload, received, progress, headers: headers() }));
    progress(received);
  }
  window.location.assign(await read(element, () => post(upload.end)));
}

// Returns how much has arrived after one piece.
async function sendPiece(element, { file, upload, received, progress, headers }) {
  const piece = file.slice(received, received + upload.piece);
  let answer;
  try {
    answer = await ask("PUT", `${upload.url}?offset=${received}`, {
      body: piece,
      headers: { ...headers, "Content-Type": "application/octet-stream", "X-Piece-SHA256": await digest(piece) },
      onProgress: (loaded) => progress(received + Math.min(loaded, piece.size)),
    });
  } catch (error) {
    if (error.name === "NotReadableError") throw new Refused(element.dataset.changed);
    if (!(error instanceof Later)) throw error;
    const now = answered(await ask("GET", upload.url), element).received;
    if (now === received) throw error;
    return now; // the piece has arrived although its answer did not
  }
  const next = answered(answer, element).received;
  if (next === received) throw new Later("damaged");
  return next;
}

// Has the file read, and returns where its import is. A request that was cut off goes on reading at the server.
async function read(element, post) {
  for (const until = Date.now() + READ_WITHIN * 1000; ; ) {
    show(element, "reading");
    const answer = await patiently(element, post);
    if (answer.location) return answer.location;
    if (!answer.reading) throw new Stopped(element.dataset.lost); // something is missing: what, is asked at the beginning
    if (Date.now() > until) throw new Stopped(element.dataset.slow);
    await wait(READ_EVERY);
  }
}

async function run(element) {
  const file = element.querySelector('input[type="file"]').files[0];
  begin(element);
  if (file.size > Number(element.dataset.maxBytes)) {
    refuse(element, element.dataset.tooBig);
    return;
  }
  try {
    await send(element, file);
  } catch (error) {
    if (error instanceof Stopped) stop(element, error.message);
    else refuse(element, error instanceof Refused ? error.message : element.dataset.lost);
  }
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

document.addEventListener("submit", (event) => {
  const element = event.target.closest?.("form[data-upload]");
  if (!element?.querySelector('input[type="file"]').files.length) return;
  event.preventDefault();
  run(element);
});

document.addEventListener("click", (event) => {
  const element = event.target.closest?.("[data-upload-go-on]")?.closest("form[data-upload]");
  if (element) run(element);
});

// The connection is back.
addEventListener("online", () => {
  const element = form();
  if (element && !element.querySelector("[data-upload-stopped]").hidden) run(element);
});

// Another file is another upload.
document.addEventListener("change", (event) => {
  const element = event.target.closest?.("form[data-upload]");
  if (!element || element.querySelector("[data-upload-stopped]").hidden) return;
  element.querySelector("[data-upload-stopped]").hidden = true;
  show(element, "");
});

// A page that comes back from the browser's own memory must not show an upload that no longer runs.
addEventListener("pageshow", (event) => {
  const element = form();
  if (!event.persisted || !element) return;
  show(element, "");
  submit(element).disabled = false;
});
