// Passkeys: a form with data-passkey="create" or "get" asks the device first, then is sent with its answer.
// The options stand in the JSON of data-passkey-data, or are fetched from data-passkey-url.

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const opened = (keys) => (keys || []).map((key) => ({ ...key, id: bytesOf(key.id) }));

async function optionsOf(form) {
  if (form.dataset.passkeyUrl) {
    const answer = await fetch(form.dataset.passkeyUrl, {
      headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
    });
    if (!answer.ok) throw new Error(`No options: ${answer.status}`);
    return (await answer.json()).request_options.publicKey;
  }
  const data = JSON.parse(document.getElementById(form.dataset.passkeyData).textContent);
  return (data.creation_options || data.request_options).publicKey;
}

async function created(options) {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: opened(options.excludeCredentials),
    authenticatorSelection: {
      ...options.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
  };
  const made = await navigator.credentials.create({ publicKey });
  return answered(made, {
    attestationObject: textOf(made.response.attestationObject),
    transports: made.response.getTransports?.() || [],
  });
}

async function found(options) {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: opened(options.allowCredentials),
  };
  const key = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = key.response;
  return answered(key, {
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    userHandle: userHandle ? textOf(userHandle) : null,
  });
}

function answered(key, response) {
  return {
    id: key.id,
    rawId: textOf(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment,
    clientExtensionResults: key.getClientExtensionResults(),
    response: { clientDataJSON: textOf(key.response.clientDataJSON), ...response },
  };
}

function say(form, words) {
  let place = form.querySelector("[data-passkey-said]");
  if (!place) {
    place = document.createElement("p");
    place.className = "error";
    place.setAttribute("role", "alert");
    place.dataset.passkeySaid = "";
    form.append(place);
  }
  place.textContent = words;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  try {
    const options = await optionsOf(form);
    const answer = await (form.dataset.passkey === "create" ? created(options) : found(options));
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  } catch {
    // The person said no, or the device has no key of ours: no error of the page.
    say(form, form.dataset.passkeyFailed);
  }
});
