// Pages that are worked with a scanner. Without this file the field is a plain form that is posted.
//
// A scanner types faster than the server answers, so scans wait in a queue of this page: each is sent when the one
// before it was answered, because what it means may depend on that (which parcel is open). A scan that gets no answer
// is sent again under the same key, under which the server counts it once.

const TIMEOUT_MILLISECONDS = 20_000;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

const form = document.querySelector("form[data-scan]");
const input = form.querySelector("[data-scan-input]");
const quantity = form.querySelector("[data-scan-quantity]");
const answer = document.getElementById("scan-answer");
const waiting = document.querySelector("[data-scan-waiting]");
const said = document.getElementById("scan-said");
const sound = document.querySelector("[data-scan-sound]");

// --- Sound -----------------------------------------------------------------------------------------------------------

// Frequency in hertz, start and length in seconds.
const SOUNDS = {
  good: { wave: "sine", notes: [[1320, 0, 0.08]] },
  bad: { wave: "square", notes: [[196, 0, 0.18], [147, 0.22, 0.3]] },
  done: { wave: "sine", notes: [[880, 0, 0.09], [1109, 0.1, 0.09], [1320, 0.2, 0.18]] },
};
let audio = null;

function play(tone) {
  const { wave, notes } = SOUNDS[tone] ?? SOUNDS.bad;
  document.dispatchEvent(new CustomEvent("reship:sound", { detail: { tone, isOn: sound.checked } }));
  if (!sound.checked || !window.AudioContext) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  for (const [frequency, after, length] of notes) {
    const start = audio.currentTime + after;
    const volume = new GainNode(audio, { gain: wave === "square" ? 0.12 : 0.25 });
    volume.gain.setTargetAtTime(0, start + length - 0.02, 0.01);
    const tone = new OscillatorNode(audio, { type: wave, frequency });
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + length + 0.05);
  }
}

// --- Feedback --------------------------------------------------------------------------------------------------------

function tell(tone, text) {
  form.closest(".rs-scanner").dataset.tone = tone;
  // Emptied first: the same words twice are otherwise read out once.
  said.textContent = "";
  setTimeout(() => {
    said.textContent = text;
  }, 50);
  play(tone);
}

function tellFeedback() {
  const feedback = answer.querySelector("[data-scan-feedback]");
  if (!feedback) return;
  tell(feedback.dataset.tone, [...feedback.querySelectorAll("[data-scan-text]")].map((part) => part.textContent.trim()).join(" "));
  feedback.scrollIntoView({ block: "nearest" });
}

function showWaiting(text) {
  waiting.textContent = text;
  waiting.hidden = !text;
}

// --- The queue -------------------------------------------------------------------------------------------------------

const queue = [];
let isSending = false;
let isSignedOut = false;

const listed = () => queue.map((scan) => scan.code).join(", ");
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function post(scan) {
  const sent = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(scan)) sent.set(name, value);
  const response = await fetch(form.getAttribute("action"), {
    method: "POST",
    body: sent,
    headers: { "HX-Request": "true", "HX-Current-URL": location.href },
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  return response.text();
}

async function sendAll() {
  if (isSending) return;
  isSending = true;
  let tries = 0;
  while (queue.length && !isSignedOut) {
    let text = null;
    try {
      text = await post(queue[0]);
    } catch {
      tries += 1;
      if (tries === 1) tell("bad", "The server does not answer.");
      showWaiting(`The server does not answer. Not sent yet, and tried again: ${listed()}`);
      await pause(Math.min(250 * 2 ** tries, LONGEST_PAUSE_MILLISECONDS));
      continue;
    }
    tries = 0;
    if (/^\s*<!doctype html/i.test(text)) {
      // A whole page where a part was expected: the session has ended. Nothing is thrown away unsaid.
      isSignedOut = true;
      showWaiting(`You are signed out. Load the page again. Not counted: ${listed()}`);
      tell("bad", "You are signed out.");
      break;
    }
    queue.shift();
    showWaiting("");
    htmx.swap(answer, text, { swapStyle: "innerHTML" }, { eventInfo: { target: answer } });
  }
  isSending = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = input.value.trim();
  const values = { code, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  const { submitter } = event;
  if (submitter?.name) values[submitter.name] = submitter.value;
  // Enter in a further field of the form, such as the tracking number, says something without a code.
  const isMeant = Boolean(code || submitter?.name) || document.activeElement?.getAttribute("form") === form.id;
  if (quantity) values.quantity = quantity.value.trim();
  input.value = "";
  if (quantity) quantity.value = "";
  input.focus();
  if (!isMeant) return;
  queue.push(values);
  sendAll();
});

addEventListener("beforeunload", (event) => {
  if (queue.length && !isSignedOut) event.preventDefault();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === answer) tellFeedback();
  else if (document.activeElement?.matches("button")) input.focus({ preventScroll: true });
  keepFocus();
});

// --- The field keeps the focus ---------------------------------------------------------------------------------------

const isControl = (element) => element.closest("a, button, input, select, textarea, summary, label, dialog");

function keepFocus() {
  if (document.querySelector("dialog[open]")) return;
  if (!document.activeElement || document.activeElement === document.body || document.activeElement.matches("main")) {
    input.focus({ preventScroll: true });
  }
}

document.addEventListener("click", (event) => {
  // Text that is being marked with the mouse stays marked.
  if (!isControl(event.target) && !String(getSelection())) input.focus({ preventScroll: true });
  setTimeout(keepFocus);
});
document.addEventListener("close", () => setTimeout(keepFocus), true);
addEventListener("focus", keepFocus);

// A scan that comes while a link or button has the focus goes into the field from its first character on.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches?.("input:not([type=checkbox], [type=radio]), select, textarea") || document.querySelector("dialog[open]")) return;
    input.focus();
  },
  true,
);

sound.checked = remembered() !== "off";
sound.addEventListener("change", () => {
  try {
    localStorage.setItem("reship.sound", sound.checked ? "on" : "off");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  input.focus();
});

function remembered() {
  try {
    return localStorage.getItem("reship.sound");
  } catch {
    return null;
  }
}

keepFocus();
