// The embedded data, and the search over it.
const data = JSON.parse(document.getElementById("data").textContent);

function numbers(text, Type) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return new Type(bytes.buffer);
}

for (const clip of data.clips) {
  clip.pose = numbers(clip.pose, Int16Array);
  clip.told = clip.told.map((text) => numbers(text, Int32Array));
  for (const camera of clip.cameras) camera.pose = numbers(camera.pose, Int16Array);
}

const numJoints = data.skeleton.joints.length;

// [x, y, z] in metres, y up, of a joint
function joint3d(clip, frame, joint) {
  const at = (frame * numJoints + joint) * 3;
  return [0, 1, 2].map((axis) => clip.pose[at + axis] / 1000);
}

// [x, y] in pixels of a joint
function joint2d(camera, frame, joint) {
  const at = (frame * numJoints + joint) * 2;
  return [camera.pose[at] / data.pixelParts, camera.pose[at + 1] / data.pixelParts];
}

function captionOf(clip, frame, camera) {
  return data.captions[clip.told[data.toldByView ? camera : 0][frame]];
}

// Which sentences have all words of the query, or say what that sentence of the bank says in whatever words;
// null where nothing is asked for.
function matchingSentences(query) {
  const asked = query.trim().toLowerCase();
  if (!asked) return null;
  const words = asked.split(/\s+/);
  const statement = data.statistics.said.findIndex((one) => one.text.toLowerCase() === asked);
  const holds = (sentence) => sentence.statements.includes(statement)
    || words.every((word) => sentence.text.toLowerCase().includes(word));
  return new Set(data.sentences.flatMap((sentence, index) => (holds(sentence) ? [index] : [])));
}

// Frames of a clip whose caption has one of the sentences.
function matchingFrames(clip, sentences, camera) {
  const frames = [];
  for (let frame = 0; frame < clip.frames; frame += 1) {
    if (captionOf(clip, frame, camera).some((index) => sentences.has(index))) frames.push(frame);
  }
  return frames;
}
