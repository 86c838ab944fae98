// What the page shows, and what its controls do.
const element = (id) => document.getElementById(id);
const state = {
  clip: 0, frame: 0, camera: 0, query: "", action: "", hovered: null, kept: null, playing: false,
  turn: { yaw: 30, pitch: 12, zoom: 1 },
};
let matches = null; // sentences that the search asks for
let found = []; // matching frames of the clip that is shown

const clip = () => data.clips[state.clip];

function litJoints() {
  const caption = captionOf(clip(), state.frame, state.camera);
  const shown = [state.hovered, state.kept].find((index) => index !== null && caption.includes(index));
  const sentences = shown !== undefined ? [shown] : caption.filter((index) => matches && matches.has(index));
  return new Set(sentences.flatMap((index) => data.sentences[index].joints));
}

function draw() {
  const lit = litJoints();
  drawScene(element("scene"), clip(), state.frame, lit, state.turn);
  document.querySelectorAll("#cameras canvas").forEach((canvas, index) => {
    drawCamera(canvas, clip().cameras[index], state.frame, lit);
  });
}

function showCaption() {
  const spans = captionOf(clip(), state.frame, state.camera).map((index) => {
    const span = document.createElement("span");
    span.textContent = data.sentences[index].text;
    span.tabIndex = 0;
    span.classList.toggle("match", matches !== null && matches.has(index));
    span.classList.toggle("on", state.kept === index);
    span.onpointerenter = span.onfocus = () => { state.hovered = index; span.classList.add("on"); draw(); };
    span.onpointerleave = span.onblur = () => { state.hovered = null; span.classList.toggle("on", state.kept === index); draw(); };
    span.onclick = () => { state.kept = state.kept === index ? null : index; showCaption(); draw(); };
    return span;
  });
  element("caption").replaceChildren(...spans.flatMap((span) => [span, " "]));
}

function showFrame(frame) {
  state.frame = Math.max(0, Math.min(clip().frames - 1, frame));
  state.hovered = null;
  element("time").value = state.frame;
  const source = clip().start + state.frame * clip().step;
  element("clock").textContent = `${(source / clip().fps).toFixed(2)} s, frame ${source}`;
  const labels = clip().labels.filter((label) => label.start <= source && source < label.end);
  element("labels").textContent = [clip().split, ...labels.map((label) => label.text)].filter(Boolean).join(" · ");
  showCaption();
  draw();
}

function showCameras() {
  const figures = clip().cameras.map((camera, index) => {
    const figure = document.createElement("figure");
    const canvas = figure.appendChild(document.createElement("canvas"));
    camera.cropSize ??= cropSize(clip(), camera);
    figure.append(Object.assign(document.createElement("figcaption"), { textContent: `camera ${camera.name}` }));
    figure.classList.toggle("telling", data.toldByView && index === state.camera);
    if (data.toldByView) figure.onclick = () => { state.camera = index; showCameras(); update(); };
    return figure;
  });
  element("cameras").classList.toggle("choose", data.toldByView);
  element("cameras").replaceChildren(...figures);
}

function showClip(index, frame) {
  Object.assign(state, { clip: index, kept: null });
  state.camera = Math.max(0, Math.min(state.camera, clip().cameras.length - 1));
  element("name").textContent = clip().key;
  element("time").max = clip().frames - 1;
  showCameras();
  found = matches ? matchingFrames(clip(), matches, state.camera) : [];
  drawMarks(element("marks"), found, clip().frames);
  document.querySelectorAll("#clips button").forEach((button) => {
    button.setAttribute("aria-current", String(Number(button.dataset.clip) === index));
  });
  showFrame(frame ?? (found.length ? found[0] : 0));
}

// The clips that pass the search and the action filter, each with what is found in it.
function listClips() {
  const rows = [];
  let total = 0;
  data.clips.forEach((one, index) => {
    if (state.action !== "" && one.action !== state.action) return;
    const frames = matches ? matchingFrames(one, matches, Math.min(state.camera, one.told.length - 1)) : null;
    if (frames && !frames.length) return;
    total += frames ? frames.length : one.frames;
    const button = document.createElement("button");
    button.dataset.clip = index;
    button.append(one.key, Object.assign(document.createElement("small"),
      { textContent: frames ? `${frames.length}/${one.frames}` : `${one.frames}` }));
    button.onclick = () => showClip(index);
    rows.push(button);
  });
  element("clips").replaceChildren(...rows.map((button) => {
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  element("found").textContent = `${rows.length} of ${data.clips.length} clips, ${total} frames`;
  return rows.map((button) => Number(button.dataset.clip));
}

// After a change of the search or the filter.
function update() {
  matches = matchingSentences(state.query);
  element("search").value = state.query;
  element("action").value = state.action;
  const shown = listClips();
  showActions(state.action, (action) => { state.action = action; update(); });
  showSentences(state.action, state.query, (text) => { state.query = text; update(); });
  if (shown.includes(state.clip)) showClip(state.clip, matches ? undefined : state.frame);
  else if (shown.length) showClip(shown[0]);
}

function step(direction) {
  const beyond = found.filter((frame) => (frame - state.frame) * direction > 0);
  if (beyond.length) showFrame(direction > 0 ? beyond[0] : beyond[beyond.length - 1]);
}

function play() {
  state.playing = !state.playing;
  element("play").textContent = state.playing ? "Stop" : "Play";
  let due = performance.now();
  const tick = (now) => {
    if (!state.playing) return;
    if (now >= due) {
      due = now + (1000 * clip().step) / clip().fps;
      showFrame((state.frame + 1) % clip().frames);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function listen() {
  element("search").oninput = (event) => { state.query = event.target.value; update(); };
  element("action").onchange = (event) => { state.action = event.target.value; update(); };
  element("time").oninput = (event) => showFrame(Number(event.target.value));
  element("play").onclick = play;
  element("earlier").onclick = () => step(-1);
  element("later").onclick = () => step(1);
  const scene = element("scene");
  scene.onpointerdown = (event) => scene.setPointerCapture(event.pointerId);
  scene.onpointermove = (event) => {
    if (!(event.buttons & 1)) return;
    state.turn.yaw += event.movementX * 0.5;
    state.turn.pitch = Math.max(-85, Math.min(85, state.turn.pitch + event.movementY * 0.4));
    draw();
  };
  scene.onwheel = (event) => {
    event.preventDefault();
    state.turn.zoom = Math.max(0.4, Math.min(4, state.turn.zoom * Math.exp(-event.deltaY * 0.001)));
    draw();
  };
  document.onkeydown = (event) => {
    if (["INPUT", "SELECT", "BUTTON"].includes(event.target.tagName)) return;
    if (event.key === " ") { event.preventDefault(); play(); }
    if (event.key === "ArrowRight") showFrame(state.frame + 1);
    if (event.key === "ArrowLeft") showFrame(state.frame - 1);
  };
  window.onresize = () => { draw(); drawMarks(element("marks"), found, clip().frames); };
}

// #clip=3&frame=40&search=knee&action=walking opens the page there
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  state.query = asked.get("search") ?? "";
  state.action = data.statistics.actions.some((one) => one.action === asked.get("action")) ? asked.get("action") : "";
  update();
  const index = Number(asked.get("clip") ?? state.clip);
  if (asked.has("clip") && data.clips[index]) showClip(index, Number(asked.get("frame") ?? 0));
}

element("title").textContent = data.title;
element("facts").textContent = data.facts.join(" · ");
element("action").append(new Option("all actions", ""), ...data.statistics.actions.map((one) => new Option(one.action)));
listen();
readAddress();
