// The photo: chosen, dropped or pasted, shown as it will be cropped, uploaded, and replaced when it is ready.
import { Problem, sentence, sentences, size, upload } from "./api.js";
import { listen, refresh, tell } from "./live.js";

const at = (id) => document.getElementById(id);
const dialog = at("photo"), input = at("photo-file"), preview = at("photo-preview"), progress = at("photo-progress");
const opener = at("change-photo"), portrait = opener.closest(".portrait");

const types = input.accept.split(",");
const aliases = { "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/x-ms-bmp": "image/bmp", "image/x-bmp": "image/bmp" };
const typeOf = (file) => aliases[file.type] ?? file.type;
const patience = 15000, end = 120000; // milliseconds until it is said that processing takes long, and too long

let picked = null; // the file
let sending = null; // the AbortController of an upload under way
let early = null; // what became of an upload, heard before S3 had answered it

export function setUpPhoto() {
  opener.hidden = false;
  opener.onclick = open;
  input.onchange = () => pick(input.files[0]);
  at("photo-again").onclick = () => input.click();
  at("photo-use").onclick = send;
  at("photo-cancel").onclick = () => dialog.close();
  dialog.addEventListener("close", () => dialog.open || left()); // it may be open again by the time that this is told
  preview.onload = describe;
  preview.onerror = () => seen(false);
  setUpDropping();
  document.addEventListener("paste", (e) => {
    const file = e.clipboardData?.files[0];
    if (!file || e.target.closest?.("input:not([type=file]), textarea") && e.clipboardData.types.includes("text/plain")) return;
    e.preventDefault();
    pick(file);
  });
  listen(waiting, { ready, rejected });
}

const state = () => dialog.dataset.state;
const waiting = () => state() === "uploading" || state() === "processing";

// become shows what belongs to a state, and says it.
function become(to, said = "") {
  dialog.dataset.state = to;
  for (const part of dialog.querySelectorAll("[data-in]")) part.hidden = !part.dataset.in.split(" ").includes(to);
  if (to !== "failed" && to !== "rejected") at("photo-problem").replaceChildren();
  at("photo-cancel").textContent = to === "processing" || to === "rejected" ? "Close" : "Cancel";
  at("photo-use").textContent = to === "failed" ? "Try again" : "Use this photo";
  portrait.ariaBusy = String(waiting());
  at("photo-doing").textContent = at("photo-status").textContent = said;
  const focus = { choose: input, ready: at("photo-use"), failed: at("photo-use"), rejected: at("photo-again") }[to] ?? at("photo-cancel");
  if (dialog.open) focus.focus();
}

function open() {
  if (!waiting()) become("choose");
  if (!dialog.open) dialog.showModal();
  become(state(), at("photo-doing").textContent);
}

// pick shows a file as the photo that it would become.
function pick(file) {
  input.value = ""; // so that the same file can be chosen again
  if (!file || waiting()) return;
  if (!dialog.open) dialog.showModal();
  picked = file;
  if (!types.includes(typeOf(file))) return fail(new Problem(["content_type_unsupported"], { retry: false }));
  if (file.size === 0) return fail(new Problem(["empty"], { retry: false }));
  URL.revokeObjectURL(preview.src);
  seen(true);
  preview.src = URL.createObjectURL(file);
  at("photo-caption").textContent = `${file.name}, ${size(file.size)}`;
  become("ready", "Here is your photo, cropped to a square around its centre.");
}

function describe() {
  at("photo-caption").textContent = `${picked.name}, ${preview.naturalWidth} × ${preview.naturalHeight}, ${size(picked.size)}`;
}

function seen(whether) {
  preview.hidden = !whether;
  at("photo-blind").hidden = whether;
}

async function send() {
  if (waiting()) return;
  const now = sending = new AbortController();
  early = null;
  progress.value = 0;
  become("uploading", "Uploading…");
  try {
    await upload(picked, typeOf(picked), {
      signal: now.signal,
      sent: (percent) => {
        progress.value = percent;
        at("photo-doing").textContent = `Uploading… ${percent} %`;
      },
    });
  } catch (error) {
    if (sending === now) fail(error instanceof Problem ? error : new Problem(["unknown"]));
    return;
  }
  progress.removeAttribute("value");
  become("processing", "Processing…");
  const late = (after, then) => setTimeout(() => sending === now && state() === "processing" && then(), after);
  late(patience, () => become("processing", "Still processing. You may close this: the photo will appear when it is ready."));
  late(end, () => fail(new Problem(["processing_slow"])));
  early?.();
}

// left is called when the dialog closes: it ends an upload, but not what S3 has already.
function left() {
  opener.focus(); // where the dialog was opened by a drop, the browser knows of no focus to give back
  if (state() === "processing") return;
  const upload = sending;
  sending = null;
  upload?.abort();
  become("choose");
}

// outcome calls then at once, or when S3 has answered the upload whose outcome this may be.
function outcome(then) {
  if (state() === "uploading" && progress.value === 100) early = then;
  else then();
}

function ready({ avatar_url }) {
  outcome(async () => {
    const image = new Image();
    image.src = avatar_url;
    await image.decode().catch(() => {}); // so that the old one stays until the new one can be seen
    await refresh().catch(() => location.reload());
    if (state() === "processing") finish();
    tell("Your new photo is here.");
  });
}

function rejected({ code, reason }) {
  outcome(() => {
    const problem = new Problem([code], { retry: false, detail: `The reason: ${reason}.` });
    if (state() === "processing" && dialog.open) return fail(problem);
    if (state() === "processing") finish();
    tell(`Your photo was not changed. ${sentence(code)}`, { wrong: true });
  });
}

function finish() {
  sending = null;
  become("choose");
  dialog.close();
}

// fail says what is wrong with the picture or its upload. The photo stays as it was.
function fail(problem) {
  sending = null;
  become(problem.retry ? "failed" : "rejected");
  at("photo-problem").replaceChildren(...sentences(problem.codes, problem.detail, "Your photo stays as it was."));
}

// setUpDropping takes pictures that are dropped anywhere on the page.
function setUpDropping() {
  let depth = 0; // of the elements that the file is over: leaving one comes after entering the next
  const over = (by) => {
    depth = by === 0 ? 0 : depth + by;
    document.body.toggleAttribute("data-dragging", depth > 0);
    at("over").hidden = depth === 0 || dialog.open;
  };
  const files = (handle) => (e) => {
    if (!e.dataTransfer.types.includes("Files")) return;
    e.preventDefault();
    handle(e);
  };
  addEventListener("dragenter", files(() => over(1)));
  addEventListener("dragleave", files(() => over(-1)));
  addEventListener("dragover", files((e) => { e.dataTransfer.dropEffect = waiting() ? "none" : "copy"; }));
  addEventListener("drop", files((e) => {
    over(0);
    pick(e.dataTransfer.files[0]);
  }));
}
