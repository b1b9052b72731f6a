// What the pages can do beyond plain HTML: windows, keys, toasts, ticks, times. Every page works without it.

const HOST = "dialog-host";
const TOAST_MILLISECONDS = 10_000;
const UNDO_MILLISECONDS = 20_000;
const RELATIVE_UNTIL_DAYS = 30;

const root = document.documentElement;
const host = () => document.getElementById(HOST);
const openDialog = () => document.querySelector("dialog[open]");

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

// --- Theme -----------------------------------------------------------------------------------------------------------

const THEMES = ["system", "light", "dark"];
const THEME_WORDS = { system: "follows the system", light: "light", dark: "dark" };
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function showTheme(choice) {
  const dark = choice === "dark" || (choice === "system" && systemIsDark.matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  root.dataset.themeChoice = choice;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.title = `Theme: ${THEME_WORDS[choice]}`;
    button.setAttribute("aria-label", `Theme: ${THEME_WORDS[choice]}. Change`);
  }
}

function nextTheme() {
  const choice = THEMES[(THEMES.indexOf(root.dataset.themeChoice) + 1) % THEMES.length];
  remember("reship.theme", choice);
  showTheme(choice);
}

systemIsDark.addEventListener("change", () => showTheme(root.dataset.themeChoice ?? "system"));
addEventListener("storage", (event) => {
  if (event.key === "reship.theme") showTheme(THEMES.includes(event.newValue) ? event.newValue : "system");
});

// --- Windows ---------------------------------------------------------------------------------------------------------

let opener = null;
let unchanged = "";
let loading = null;

function formState(dialog) {
  return [...dialog.querySelectorAll("form")]
    .map((form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, String(value)])))
    .join("\n");
}

function isChanged(dialog) {
  return "touched" in dialog.dataset || formState(dialog) !== unchanged;
}

function showDialog(dialog) {
  if (!dialog.open) dialog.showModal();
  delete dialog.dataset.touched;
  unchanged = formState(dialog);
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector("h1, h2");
  if (first && !first.matches("a, button, input, select, textarea")) first.tabIndex = -1;
  first?.focus();
}

async function openWindow(from, verb, address, values = {}) {
  const dialog = host();
  if (loading === address) return true;
  loading = address;
  opener = from;
  dialog.replaceChildren();
  from.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax(verb, address, { source: dialog, target: dialog, swap: "innerHTML", values });
  } finally {
    from.removeAttribute("aria-busy");
    loading = null;
  }
  if (dialog.childElementCount) showDialog(dialog);
  return dialog.childElementCount > 0;
}

async function openLink(link) {
  // What cannot be shown in a window is shown as the page that it also is.
  if (!(await openWindow(link, "GET", link.href))) location.assign(link.href);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("dialogForm" in form.dataset) || !window.htmx || !host()) return;
  event.preventDefault();
  const sent = form.matches("[data-selection]") ? selectionAsSent(form) : Object.fromEntries(new FormData(form));
  if (!(await openWindow(event.submitter ?? form, "POST", form.action, sent))) location.reload();
});

function afterClose(dialog) {
  if (dialog.id !== HOST) return;
  dialog.replaceChildren();
  if (!opener) return;
  const again = opener.isConnected
    ? opener
    : [...document.querySelectorAll("a[data-dialog]")].find((link) => link.href === opener.href);
  again?.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (!window.htmx || !host()) return;
  event.preventDefault();
  openLink(link);
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-dialog-close]");
  const dialog = closer?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});

// Both ends of the click must lie on the backdrop: text selected in the window and let go outside must not close it.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => {
  pressedOn = event.target;
});
document.addEventListener("click", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || pressedOn !== dialog || isChanged(dialog)) return;
  const box = dialog.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});

document.addEventListener("close", (event) => afterClose(event.target), true);

// --- htmx ------------------------------------------------------------------------------------------------------------

// A whole page where a fragment was expected (the session has ended, mostly): go there instead of squeezing it in.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!/^\s*<!doctype html/i.test(event.detail.serverResponse ?? "")) return;
  event.detail.shouldSwap = false;
  const { xhr, requestConfig } = event.detail;
  // The link that opens a window goes there by itself when nothing came.
  if (loading !== null && event.detail.target === host()) return;
  if (requestConfig.verb === "get") location.assign(requestConfig.path);
  else if (xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(requestConfig.path, location.href).pathname)
    location.assign(xhr.responseURL);
  else location.reload();
});

// After a deed, the page that shows it. htmx only sets the address, which loads nothing when the page is the one that is
// open already and just another part of it shall be shown.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const address = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!address) return;
  event.preventDefault();
  const next = new URL(address, location.href);
  if (next.pathname !== location.pathname || next.search !== location.search) return location.assign(next);
  history.replaceState(null, "", next);
  history.scrollRestoration = "manual";
  location.reload();
});

// A window that comes back with errors shows the first of them.
document.addEventListener("htmx:afterSwap", (event) => {
  const place = event.detail.target;
  // A part of the window that renews itself, such as the stock preview, must leave the focus where it is.
  if (!place.matches?.("dialog[open], .rs-window-page") || event.detail.requestConfig?.verb === "get") return;
  place.dataset.touched = "";
  const wrong = place.querySelector('[aria-invalid="true"]') ?? place.querySelector('[role="alert"]');
  if (wrong && !wrong.matches("input, select, textarea")) wrong.tabIndex = -1;
  wrong?.focus();
});

for (const [name, words] of [
  ["htmx:responseError", (detail) => `The server answered with an error (${detail.xhr.status}). Reload the page to see what is stored.`],
  ["htmx:sendError", () => "The server cannot be reached. Check the connection, then try again."],
  ["htmx:timeout", () => "The server took too long to answer. Reload the page to see what is stored."],
]) {
  document.addEventListener(name, (event) => say(words(event.detail)));
}

// --- Submit once -----------------------------------------------------------------------------------------------------

function submitButtons(form) {
  return [...form.elements].filter((element) => element.matches('button:not([type="button"], [type="reset"]), input[type="submit"]'));
}

function hold(form, submitter) {
  form.dataset.busy = "";
  for (const button of submitButtons(form)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.dataset.heldBack = "";
  }
  if (submitter) submitter.dataset.busy = "";
}

function release(form) {
  delete form.dataset.busy;
  for (const button of submitButtons(form)) {
    if (!("heldBack" in button.dataset)) continue;
    button.disabled = false;
    delete button.dataset.heldBack;
    if ("busy" in button.dataset) {
      delete button.dataset.busy;
      if (document.activeElement === document.body) button.focus();
    }
  }
}

document.addEventListener(
  "submit",
  (event) => {
    if (!("busy" in event.target.dataset)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

const pressed = new WeakMap();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "get" || form.method === "dialog" || "submitAgain" in form.dataset) return;
  pressed.set(form, event.submitter);
  // Later, because a button that is disabled now would not be part of what is sent.
  setTimeout(() => {
    if (!event.defaultPrevented) hold(form, event.submitter);
  });
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  // What was confirmed is on its way: a part of the form that still wants to renew itself would come too late.
  if (!(elt instanceof HTMLFormElement) && elt.closest("form[data-busy]")) return event.preventDefault();
  if (elt instanceof HTMLFormElement && requestConfig.triggeringEvent?.type === "submit") hold(elt, pressed.get(elt));
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  // A redirect is on its way: the form stays held until the next page is here.
  if (elt instanceof HTMLFormElement && !xhr.getResponseHeader?.("HX-Redirect")) release(elt);
});

// The page may come back from the browser's memory with its forms still held.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-busy]").forEach(release);
});

// --- Toasts ----------------------------------------------------------------------------------------------------------

function startToast(toast) {
  if ("started" in toast.dataset) return;
  toast.dataset.started = "";
  if (toast.dataset.tone === "error") return;
  let left = toast.querySelector("form") ? UNDO_MILLISECONDS : TOAST_MILLISECONDS;
  let since = 0;
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    since = Date.now();
    timer = setTimeout(() => toast.remove(), left);
  };
  const pause = () => {
    clearTimeout(timer);
    if (since) left = Math.max(2_000, left - (Date.now() - since));
    since = 0;
  };
  const resume = () => {
    if (!toast.matches(":hover, :focus-within")) run();
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", () => setTimeout(resume));
  run();
}

/** Say one sentence: in the open window, because what lies behind it cannot be reached, otherwise as a toast. */
function say(text, tone = "error") {
  const template = document.getElementById("toast-template");
  if (!template) return;
  // What asks again and again would say the same again and again.
  const last = document.getElementById("toasts")?.lastElementChild;
  if (last && !openDialog() && last.querySelector("[data-toast-text]")?.textContent === text) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.tone = tone;
  toast.querySelector("[data-toast-text]").textContent = text;
  const dialog = openDialog();
  if (dialog) {
    const body = dialog.querySelector(".rs-window-body") ?? dialog;
    body.querySelector(":scope > [data-said]")?.remove();
    toast.dataset.said = "";
    toast.setAttribute("role", "alert");
    body.prepend(toast);
    toast.scrollIntoView({ block: "nearest" });
  } else {
    document.getElementById("toasts")?.append(toast);
  }
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
});

// A live region is read out when something is put into it, not for what it held when the page came.
function announceFirstToasts(region) {
  const toasts = [...region.children];
  if (!toasts.length) return;
  region.replaceChildren();
  setTimeout(() => region.append(...toasts), 150);
}

// --- Ticks -----------------------------------------------------------------------------------------------------------

function ticksOf(all) {
  const scope = all.dataset.tickAll ? document.querySelector(all.dataset.tickAll) : all.closest("table");
  return [...(scope?.querySelectorAll("[data-tick]:not(:disabled)") ?? [])];
}

function showTicks() {
  for (const all of document.querySelectorAll("[data-tick-all]")) {
    const ticks = ticksOf(all);
    const ticked = ticks.filter((tick) => tick.checked).length;
    all.checked = ticks.length > 0 && ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
    all.disabled = ticks.length === 0;
  }
  for (const place of document.querySelectorAll("[data-tick-count]")) {
    const scope = document.querySelector(place.dataset.tickCount) ?? document;
    place.textContent = String(scope.querySelectorAll("[data-tick]:checked").length);
  }
  for (const bar of document.querySelectorAll("[data-if-ticked]")) {
    bar.hidden = !(document.querySelector(bar.dataset.ifTicked) ?? document).querySelector("[data-tick]:checked");
  }
}

// In the capture phase, so that a request that the same change triggers already sends the new ticks.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches?.("[data-tick-all]")) {
      for (const tick of ticksOf(event.target)) tick.checked = event.target.checked;
    }
    if (event.target.matches?.("[data-tick-all], [data-tick]")) showTicks();
  },
  true,
);

document.addEventListener(
  "input",
  (event) => {
    if (!event.target.matches?.("[data-ticks-row]")) return;
    const tick = event.target.closest("tr")?.querySelector("[data-tick]:not(:disabled)");
    if (!tick || tick.checked) return;
    tick.checked = true;
    showTicks();
  },
  true,
);

// --- Selection -------------------------------------------------------------------------------------------------------

// The ticked orders outlive the page that they were ticked on: they are kept in this tab of the browser, and are sent in
// one field. "All that match" keeps the filter instead, and ends with it.

const nothingSelected = () => ({ ticked: [], filter: null });
let selectionInMemory = nothingSelected();

const selectionBar = () => document.querySelector("form[data-selection]");
const selectionName = (bar) => `reship.selection.${bar.dataset.selectionOf}`;
const selectionFilter = (bar) => bar.querySelector("[data-selection-filter]").value;
const selectionTicks = (bar) => [...document.querySelectorAll(`${bar.dataset.selection} [data-tick]`)];

function selected(bar) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(selectionName(bar))) ?? nothingSelected();
    return Array.isArray(kept.ticked) ? kept : nothingSelected();
  } catch {
    return selectionInMemory;
  }
}

function select(bar, selection) {
  selectionInMemory = selection;
  try {
    sessionStorage.setItem(selectionName(bar), JSON.stringify(selection));
  } catch {
    // Without storage the selection lasts as long as the page.
  }
}

function restoreSelection() {
  const bar = selectionBar();
  if (!bar) return;
  let selection = selected(bar);
  if (selection.filter !== null && selection.filter !== selectionFilter(bar)) {
    selection = nothingSelected();
    select(bar, selection);
  }
  const ticked = new Set(selection.ticked);
  for (const tick of selectionTicks(bar)) tick.checked = selection.filter !== null || ticked.has(tick.value);
  showSelection();
}

function takeSelection() {
  const bar = selectionBar();
  if (!bar) return;
  const ticks = selectionTicks(bar);
  const before = selected(bar);
  if (before.filter !== null && ticks.every((tick) => tick.checked)) return;
  // Whoever unticks one of all that match means the others of this page.
  const ticked = new Set(before.filter === null ? before.ticked : []);
  for (const tick of ticks) {
    if (tick.checked) ticked.add(tick.value);
    else ticked.delete(tick.value);
  }
  select(bar, { ticked: [...ticked], filter: null });
  showSelection();
}

function showSelection() {
  const bar = selectionBar();
  if (!bar) return;
  const { ticked, filter } = selected(bar);
  const [number] = (document.getElementById("matching")?.textContent.trim() ?? "").split(" ");
  const matching = /^[\d,]+\+?$/.test(number) ? number : "";
  bar.toggleAttribute("data-shown", filter !== null || ticked.length > 0);
  const count = filter === null ? ticked.length.toLocaleString("en") : `All ${matching} that match`.replace("  ", " ");
  const place = bar.querySelector("[data-selection-count]");
  if (place.textContent !== count) place.textContent = count;
  bar.querySelector("[data-selection-matching]").textContent = matching;
  bar.querySelector("[data-selection-all]").hidden = filter !== null;
}

function selectionAsSent(bar) {
  const { ticked, filter } = selected(bar);
  const token = new FormData(bar).get("csrfmiddlewaretoken");
  const orders = filter === null ? { orders: ticked.join("\n") } : { all: "yes", filter };
  return { csrfmiddlewaretoken: token, ...orders };
}

let lastTick = null;
document.addEventListener("click", (event) => {
  const bar = selectionBar();
  if (!bar) return;
  if (event.target.closest("[data-selection-all]")) {
    event.preventDefault();
    select(bar, { ticked: [], filter: selectionFilter(bar) });
    restoreSelection();
    showTicks();
    bar.querySelector('[type="submit"]:not([name])').focus();
  } else if (event.target.closest("[data-selection-clear]")) {
    select(bar, nothingSelected());
    restoreSelection();
    showTicks();
  } else if (event.target.matches("[data-tick]")) {
    const ticks = selectionTicks(bar);
    const [from, to] = [ticks.indexOf(lastTick), ticks.indexOf(event.target)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) {
      for (const tick of ticks.slice(from, to + 1)) tick.checked = event.target.checked;
    }
    lastTick = event.target;
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-tick-all], [data-tick]")) takeSelection();
});

// A page from the browser's memory shows what is selected now, not what was when one left it.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  restoreSelection();
  showTicks();
});

// What was confirmed is not selected any more.
document.addEventListener("submit", (event) => {
  if (!("endsSelection" in (event.submitter?.dataset ?? {}))) return;
  selectionInMemory = nothingSelected();
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith("reship.selection.")) sessionStorage.removeItem(name);
  } catch {
    // There is nothing to forget.
  }
});

// A part of the page that renews itself must not forget what somebody has ticked since.
let ticksBefore = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  const ticks = event.detail.target.querySelectorAll?.("#job-orders [data-tick]") ?? [];
  const changed = [...ticks].filter((tick) => tick.checked !== tick.defaultChecked);
  ticksBefore = new Map(changed.map((tick) => [tick.value, tick.checked]));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const tick of document.querySelectorAll("#job-orders [data-tick]")) tick.checked = ticksBefore.get(tick.value) ?? tick.checked;
});

// --- Times -----------------------------------------------------------------------------------------------------------

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function relativeText(at) {
  const seconds = (at - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return "just now";
  if (size < 3_600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(seconds / 3_600), "hour");
  if (size < RELATIVE_UNTIL_DAYS * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
  return null;
}

function showTimes(within = document) {
  for (const time of within.querySelectorAll("time[data-relative]")) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    time.dataset.exact ??= time.textContent.trim();
    const text = relativeText(at) ?? time.dataset.exact;
    if (time.textContent !== text) time.textContent = text;
  }
}

// --- Copy ------------------------------------------------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copy ?? document.querySelector(button.dataset.copyFrom)?.innerText ?? "";
  try {
    await navigator.clipboard.writeText(text.trim());
    say("Copied.", "success");
  } catch {
    say("The browser does not allow copying here. Mark the text and copy it by hand.");
  }
});

// --- Menus -----------------------------------------------------------------------------------------------------------

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.rs-menu[open]")) {
    if (menu === except) continue;
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held && !except) menu.querySelector("summary").focus();
  }
}

document.addEventListener("click", (event) => {
  const menu = event.target.closest("details.rs-menu");
  if (document.querySelector("details.rs-menu[open]")) closeMenus(menu ?? event.target);
});

// --- Keys ------------------------------------------------------------------------------------------------------------

const keysAreOn = () => remembered("reship.keys") !== "off";

function rows() {
  return [...document.querySelectorAll("[data-keynav] tbody tr")].filter((row) => row.querySelector("a[href]"));
}

const currentRow = () => document.querySelector("[data-keynav] tr[data-current]");
const mainLink = (row) => row.querySelector("a[data-open]") ?? row.querySelector("a[href]");

function makeCurrent(row) {
  currentRow()?.removeAttribute("data-current");
  row.setAttribute("data-current", "");
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(currentRow());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  makeCurrent(next);
  mainLink(next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-keynav] tbody tr");
  if (row) makeCurrent(row);
});

// Enter in the search field goes on to what was found: the first row has the focus, for j, k, Enter and r.
let searched = false;
document.addEventListener(
  "keydown",
  (event) => {
    searched = event.key === "Enter" && event.target.matches("[data-search]");
  },
  true,
);

document.addEventListener("htmx:afterSettle", () => {
  const [first] = rows();
  if (!searched || !first) return;
  makeCurrent(first);
  mainLink(first).focus({ preventScroll: true });
});

function tickCurrent() {
  const tick = currentRow()?.querySelector('[data-tick], input[type="checkbox"]');
  tick?.click();
}

function reshipCurrent() {
  const scope = document.querySelector("[data-keynav]") ? currentRow() : document;
  scope?.querySelector("a[data-reship]")?.click();
}

const KEYS = {
  "/": () => {
    const field = document.querySelector("[data-search]");
    field?.focus();
    field?.select();
  },
  j: () => move(1),
  k: () => move(-1),
  x: tickCurrent,
  r: reshipCurrent,
  "?": () => {
    const help = document.getElementById("key-help");
    if (help) showDialog(help);
  },
};

function isField(element) {
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input") && !["checkbox", "radio", "button", "submit", "reset"].includes(element.type);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenus(null);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || (event.repeat && !"jk".includes(event.key))) return;
  // On a scanner's page every character is part of a scan.
  if (openDialog() || isField(event.target) || !keysAreOn() || document.querySelector("form[data-scan]")) return;
  if (event.key === "Enter") {
    // A link or button that has the focus answers Enter itself.
    const row = currentRow();
    if (!row || event.target.closest("a, button, summary")) return;
    event.preventDefault();
    mainLink(row).click();
    return;
  }
  const deed = KEYS[event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) nextTheme();
  if (event.target.closest("[data-key-help]")) KEYS["?"]();
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-keys-on]")) remember("reship.keys", event.target.checked ? "on" : "off");
});

// --- Start -----------------------------------------------------------------------------------------------------------

function prepare(within) {
  showTimes(within);
  restoreSelection();
  showTicks();
}

showTheme(root.dataset.themeChoice ?? "system");
for (const box of document.querySelectorAll("[data-keys-on]")) box.checked = keysAreOn();
const region = document.getElementById("toasts");
if (region) {
  announceFirstToasts(region);
  new MutationObserver(() => region.querySelectorAll("[data-toast]").forEach(startToast)).observe(region, { childList: true });
}
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
setInterval(showTimes, 30_000);
