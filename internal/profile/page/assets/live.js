// What changes on the page while it is open.

const main = document.getElementById("main");
export const url = main.dataset.url;

// refresh takes over from the server what the page shows of the person, and what the form starts from.
export async function refresh() {
  const fresh = await load(url);
  if (!fresh.getElementById("edit-form")) throw new Error("the page is not the owner's any more");
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    if (now && old.innerHTML !== now.innerHTML) old.replaceChildren(...document.adoptNode(now).childNodes);
  }
  document.title = fresh.title;
  const form = document.getElementById("edit-form"), freshForm = fresh.getElementById("edit-form");
  for (const name of ["display_name", "bio"]) form.elements[name].defaultValue = freshForm.elements[name].defaultValue;
  form.elements.version.value = freshForm.elements.version.value;
}

// isTakenOver tells whether somebody else has signed in since, in another tab. What they sent from here would
// change their own profile.
export async function isTakenOver() {
  const now = await load(url);
  return !now.getElementById("edit-form") && now.querySelector('[data-live="me"]') !== null;
}

// load answers the page as the server makes it now, whose scripts do not run.
function load(from) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => (request.response ? done(request.response) : failed(new Error("there is no page")));
    request.onerror = () => failed(new Error("the server cannot be reached"));
    request.open("GET", from);
    request.send();
  });
}

const notice = document.getElementById("notice");
const noticeLasts = 7000; // milliseconds

// tell shows a short notice, and says it to screen readers. What went wrong stays until it is dismissed.
export function tell(text, { wrong = false } = {}) {
  const p = document.createElement("p");
  p.append(text);
  if (wrong) {
    const button = document.createElement("button");
    button.type = "button";
    button.append("Dismiss");
    button.onclick = () => p.remove();
    p.append(button);
  }
  notice.replaceChildren(p);
  if (!wrong) expire();
}

// expire takes away the notice that there is now, after a while.
export function expire() {
  const p = notice.firstElementChild;
  if (p) setTimeout(() => p.remove(), noticeLasts);
  if (location.search === "?saved") history.replaceState(null, "", url);
}

// listen hears what becomes of the person's uploads, while the page is seen or busy() says that it waits for one:
// browsers open only a few connections to a site.
export function listen(busy, { ready, rejected }) {
  let stream = null, address = new URL(main.dataset.events, location.href);
  const hear = (then) => (event) => {
    address.searchParams.set("after", event.lastEventId);
    then(JSON.parse(event.data));
  };
  const keep = () => {
    const wanted = !document.hidden || busy();
    if (wanted && (!stream || stream.readyState === EventSource.CLOSED)) {
      stream = new EventSource(address);
      stream.addEventListener("ready", hear(ready));
      stream.addEventListener("rejected", hear(rejected));
      stream.onerror = (e) => e.target.readyState === EventSource.CLOSED && setTimeout(keep, 5000);
    } else if (!wanted) {
      stream?.close();
      stream = null;
    }
  };
  document.addEventListener("visibilitychange", keep);
  keep();
}
