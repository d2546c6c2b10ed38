// The service's API and the uploads bucket, as promises.
import { isTakenOver } from "./live.js";
import { words } from "./words.js";

// Problem is a failure that can be told to a person, by its codes.
export class Problem extends Error {
  // retry tells whether the same may work another time; detail is what is known beyond the code.
  constructor(codes, { retry = true, detail = "" } = {}) {
    super(codes.join(", "));
    Object.assign(this, { codes, retry, detail });
  }
}

export const sentence = (code) => words[code] ?? words.unknown;

// sentences makes a paragraph of each code, and of each other text that there is. Who is no longer signed in is
// shown where, without leaving the page and what is in it.
export function sentences(codes, ...texts) {
  return [...codes.map(sentence), ...texts].filter(Boolean).map((text) => {
    const p = document.createElement("p");
    p.append(text);
    if (text === words.unauthorized) {
      const link = document.createElement("a");
      Object.assign(link, { href: "/signin", target: "_blank", textContent: "Sign in" });
      p.append(" ", link);
    }
    return p;
  });
}

// post sends an object as the page's owner, and answers the one that comes back.
export async function post(path, body, signal) {
  let answer;
  try {
    if (await isTakenOver()) throw new Problem(["taken_over"]);
    answer = await fetch(path, { method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
    throw new Problem(["offline"]);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Problem(told.errors?.length ? told.errors : ["unknown"]);
}

// upload sends a picture to the uploads bucket with a form that the service signs for it. sent is called with the
// percentage that has gone.
export async function upload(file, contentType, { signal, sent }) {
  const form = await post("/api/avatar/upload", { content_type: contentType }, signal);
  if (file.size > form.max_bytes) {
    throw new Problem(["too-many-bytes"], { retry: false, detail: `It has ${size(file.size)}; ${size(form.max_bytes)} are allowed.` });
  }
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest(); // fetch tells of no progress
    request.upload.onprogress = (e) => e.lengthComputable && sent(Math.floor(100 * e.loaded / e.total));
    request.upload.onload = () => sent(100);
    request.onload = () => (request.status < 300 ? done() : failed(new Problem(["upload_refused"])));
    request.onerror = () => failed(new Problem(["upload_failed"]));
    request.onabort = () => failed(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", form.url);
    request.send(body);
  });
}

// size says how large a file is.
export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
