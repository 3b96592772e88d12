// What the phone keeps: encrypted in its database, with a key that lives in this tab alone and goes with it.

const DATABASE = "entrance";
const KEY = "entrance-key";

/** Open the database: `kept` holds lists by event, `queue` what waits to be sent. */
function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("kept", { keyPath: "event" });
      asked.result.createObjectStore("queue", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** Run one request on a store, and wait until it is on the disk. */
async function run(store, mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function key({ make }) {
  let text = sessionStorage.getItem(KEY);
  if (!text) {
    if (!make) return null;
    text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    sessionStorage.setItem(KEY, text);
  }
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key({ make: true }), plain);
  return { iv, sealed };
}

/** The value again; null when the key is gone with an earlier tab. */
export async function unseal({ iv, sealed }) {
  const held = await key({ make: false });
  if (!held) return null;
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, held, sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
}

/** Keep the list of an event until `expires` (milliseconds since 1970). */
export async function keepList(event, list, expires) {
  const row = { event, expires, ...(await seal(list)) };
  await run("kept", "readwrite", (store) => store.put(row));
}

/** The list that is kept, and until when; null when there is none, or its hour is over. */
export async function keptList(event) {
  const row = await run("kept", "readonly", (store) => store.get(event));
  if (!row) return null;
  const list = row.expires > Date.now() ? await unseal(row) : null;
  if (!list) await forgetList(event);
  return list && { list, expires: row.expires };
}

export const forgetList = (event) => run("kept", "readwrite", (store) => store.delete(event));

export const enqueue = (row) => run("queue", "readwrite", (store) => store.put(row));
export const queued = () => run("queue", "readonly", (store) => store.getAll());

export async function dequeue(ids) {
  for (const id of ids) await run("queue", "readwrite", (store) => store.delete(id));
}
