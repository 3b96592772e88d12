// What was marked waits in the phone's database until the server says that it has it. Each mark has a number
// of its own: whatever is sent twice, after a lost answer, is one mark.

import { dequeue, enqueue, queued, seal, unseal } from "./vault.js";

const AT_ONCE = 100;

/** Keep a mark: who (numbers alone, nobody's name), and when. */
export const keepMark = (event, rsvp, came) =>
  enqueue({ id: crypto.randomUUID(), event, rsvp, came, at: new Date().toISOString() });

/** Keep somebody new, encrypted. */
export async function keepWalkIn(event, person) {
  const row = { id: crypto.randomUUID(), event, at: new Date().toISOString() };
  await enqueue({ ...row, person: await seal(person) });
}

export const waiting = async (event) => (await queued()).filter((row) => row.event === event);

/** Drop new people whose key went with an earlier tab; returns how many. */
export async function dropLost(event) {
  const lost = [];
  for (const row of await waiting(event)) if (row.person && !(await unseal(row.person))) lost.push(row.id);
  await dequeue(lost);
  return lost.length;
}

let sending = null;

/** Send what waits, once at a time: {left, leftOut, signedOut}; throws when there is no network. */
export function send(event, address, token) {
  sending ??= sendAll(event, address, token).finally(() => (sending = null));
  return sending;
}

async function sendAll(event, address, token) {
  const leftOut = [];
  for (;;) {
    const rows = (await waiting(event)).slice(0, AT_ONCE);
    if (!rows.length) return { left: 0, leftOut, signedOut: false };
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(await asBody(rows)),
      redirect: "manual",
    });
    if (!answer.ok) return { left: rows.length, leftOut, signedOut: answer.type === "opaqueredirect" || answer.status === 403 };
    const told = await answer.json();
    leftOut.push(...told.left_out);
    await dequeue(told.done);
  }
}

async function asBody(rows) {
  const marks = [];
  const walkIns = [];
  for (const { id, rsvp, came, at, person } of rows) {
    if (person) walkIns.push({ id, at, ...(await unseal(person)) });
    else marks.push({ id, rsvp, came, at });
  }
  return { marks, walk_ins: walkIns };
}
