'use strict';
// One upload at a time: ask where to put the picture, put it there, and wait to be told of its avatar.
const $ = (id) => document.getElementById(id);
const patience = 20000; // ms after which a person wants to know that nothing came
let waiting = null;     // {key, timer} of the avatar that is awaited

function say(text, isError = false) {
  $('status').textContent = text;
  $('status').classList.toggle('error', isError);
}

function show(image, url, caption, text) {
  $(image).src = url;
  $(image).alt = text;
  $(image).hidden = false;
  $(caption).textContent = text;
}

// put uploads the file with a progress bar, which fetch cannot give.
function put(url, file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.onprogress = (e) => { if (e.lengthComputable) $('progress').value = e.loaded / e.total; };
    request.onload = () => request.status === 200 ? resolve() :
      reject(new Error(`the uploads bucket answered ${request.status}`));
    request.onerror = () => reject(new Error('the uploads bucket cannot be reached'));
    request.send(file);
  });
}

async function upload(file) {
  clearTimeout(waiting?.timer);
  waiting = null;
  $('avatar').hidden = true;
  $('avatar-text').textContent = '';
  $('progress').value = 0;
  $('progress').hidden = false;
  say(`Uploading ${file.name}`);
  try {
    const answer = await fetch('uploads', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: file.name, type: file.type || 'application/octet-stream' }) });
    const ticket = await answer.json();
    if (!answer.ok) throw new Error(ticket.errors.join(', '));
    waiting = { key: ticket.avatar_key };
    await put(ticket.upload_url, file);
    show('original', URL.createObjectURL(file), 'original-text', `Uploaded as ${ticket.key}`);
    if (waiting?.key !== ticket.avatar_key) return; // its avatar is here already
    say('Processing');
    waiting.timer = setTimeout(() => say('No avatar yet. If the picture was refused, the log says why.', true), patience);
  } catch (e) {
    waiting = null;
    say(`Not uploaded: ${e.message}`, true);
  } finally {
    $('progress').hidden = true;
  }
}

new EventSource('events').addEventListener('ready', (e) => {
  const ready = JSON.parse(e.data);
  if (waiting?.key !== ready.key) return;
  clearTimeout(waiting.timer);
  waiting = null;
  show('avatar', ready.url, 'avatar-text', ready.key);
  say('Done');
});

$('file').addEventListener('change', (e) => { if (e.target.files[0]) upload(e.target.files[0]); e.target.value = ''; });
for (const kind of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (e) => {
    e.preventDefault();
    $('drop').classList.toggle('over', kind === 'dragover');
    if (kind === 'drop' && e.dataTransfer.files[0]) upload(e.dataTransfer.files[0]);
  });
}
document.addEventListener('paste', (e) => { if (e.clipboardData.files[0]) upload(e.clipboardData.files[0]); });
