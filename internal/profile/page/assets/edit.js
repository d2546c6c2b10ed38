// The form of one's own profile, in a dialog.
import { post, Problem, sentence, sentences } from "./api.js";
import { refresh, tell, url } from "./live.js";

const dialog = document.getElementById("edit"), form = document.getElementById("edit-form");
const save = document.getElementById("edit-save"), general = document.getElementById("edit-problem");
const fields = [form.elements.display_name, form.elements.bio];
const problemOf = (field) => document.getElementById(`${field.id}-problem`);
const length = (text) => [...text.trim()].length; // in code points, as the server counts

export function setUpForm() {
  form.noValidate = true; // what is wrong is said beside the field
  document.getElementById("edit-open").addEventListener("submit", (e) => {
    e.preventDefault();
    show();
  });
  document.getElementById("edit-leave").addEventListener("submit", (e) => {
    e.preventDefault();
    dialog.close();
  });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    submit();
  });
  form.elements.bio.addEventListener("input", count);
  dialog.addEventListener("close", () => {
    form.reset();
    complain([]);
    if (location.pathname !== url) history.replaceState(null, "", url);
  });
  if (dialog.open) { // the server opened it as a part of the page
    dialog.removeAttribute("open");
    show();
  }
}

function show() {
  count();
  dialog.showModal();
}

// count says how much room the bio has left.
function count() {
  const bio = form.elements.bio, left = bio.dataset.max - length(bio.value), hint = document.getElementById("bio-hint");
  hint.textContent = left < 0 ? `${-left} characters too many.` : `${left} characters left.`;
  hint.classList.toggle("over-long", left < 0);
}

async function submit() {
  if (save.ariaDisabled === "true") return; // it is being saved
  wait(true);
  complain([]);
  const { display_name, bio, version } = form.elements;
  try {
    await post("/api/profile/update", { display_name: display_name.value, bio: bio.value, version: Number(version.value) });
    await refresh().catch(() => location.assign(`${url}?saved`));
    dialog.close();
    tell("Profile saved.");
  } catch (error) {
    const codes = error instanceof Problem ? error.codes : ["unknown"];
    complain(codes);
    if (codes.includes("profile_changed")) await refresh().catch(() => {}); // saving once more is meant
  } finally {
    wait(false);
  }
}

function wait(on) {
  save.ariaDisabled = String(on);
  save.textContent = on ? "Saving…" : "Save";
}

// complain says what is wrong: beside the field, or above the form. What was typed stays.
function complain(codes) {
  const rest = new Set(codes);
  for (const field of fields) {
    const own = codes.filter((code) => code.startsWith(`${field.name}_`));
    own.forEach((code) => rest.delete(code));
    problemOf(field).textContent = own.map(sentence).join(" ");
    if (own.length) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  general.replaceChildren(...sentences([...rest]));
  fields.find((field) => field.ariaInvalid === "true")?.focus();
}
