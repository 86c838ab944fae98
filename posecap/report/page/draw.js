// Drawing skeletons on canvases.
const bones = data.skeleton.parents.flatMap((parent, child) => (parent < 0 ? [] : [[parent, child]]));
const palette = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["left", "right", "middle", "lit", "floor", "soft", "panel"]
    .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

// A context in CSS pixels, cleared, with its size.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

function line(context, from, to, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
}

function dot(context, at, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
  context.fill();
}

// points: [x, y, depth] on the canvas; lit: set of joints
function drawSkeleton(context, points, lit, width) {
  const colors = palette();
  const order = bones.slice().sort((a, b) => points[b[0]][2] + points[b[1]][2] - points[a[0]][2] - points[a[1]][2]);
  for (const [parent, child] of order) {
    const isLit = lit.has(parent) && lit.has(child);
    if (isLit) line(context, points[parent], points[child], colors.lit, width * 2.6);
    line(context, points[parent], points[child], colors[data.skeleton.sides[child]], width);
  }
  points.forEach((point, joint) => {
    if (lit.has(joint)) dot(context, point, width * 2.1, colors.lit);
    dot(context, point, width * (lit.has(joint) ? 1.1 : 0.8), colors[data.skeleton.sides[joint]]);
  });
}

// A view of the world from around a center: turns (degrees) and pixels per metre.
function projector(turn, center, scale, width, height) {
  const [yaw, pitch] = [turn.yaw, turn.pitch].map((degrees) => (degrees * Math.PI) / 180);
  return (point) => {
    const [x, y, z] = point.map((value, axis) => value - center[axis]);
    const across = Math.cos(yaw) * x - Math.sin(yaw) * z;
    const away = -(Math.sin(yaw) * x + Math.cos(yaw) * z);
    const depth = Math.cos(pitch) * away - Math.sin(pitch) * y;
    const up = Math.cos(pitch) * y + Math.sin(pitch) * away;
    const nearness = 6 / (6 + depth);
    return [width / 2 + across * scale * nearness, height / 2 - up * scale * nearness, depth];
  };
}

function drawFloor(context, project, center, color) {
  const [x, z] = [Math.round(center[0]), Math.round(center[2])];
  for (let step = -2; step <= 2; step += 0.5) {
    line(context, project([x - 2, 0, z + step]), project([x + 2, 0, z + step]), color, 1);
    line(context, project([x + step, 0, z - 2]), project([x + step, 0, z + 2]), color, 1);
  }
}

function drawScene(canvas, clip, frame, lit, turn) {
  const { context, width, height } = prepare(canvas);
  const joints = data.skeleton.joints.map((_, joint) => joint3d(clip, frame, joint));
  const center = [joints[0][0], clip.height / 2, joints[0][2]];
  const scale = (turn.zoom * Math.min(width, height)) / Math.max(1.2, clip.height * 1.25);
  const project = projector(turn, center, scale, width, height);
  drawFloor(context, project, center, palette().floor);
  drawSkeleton(context, joints.map(project), lit, 4.5);
}

const range = (values) => [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];

// [[left, right], [top, bottom]] of the person in a frame
function bounds(camera, frame) {
  const points = data.skeleton.joints.map((_, joint) => joint2d(camera, frame, joint));
  return [0, 1].map((axis) => range(points.map((point) => point[axis])));
}

// Side of the square that holds the person in any frame of the clip: tiles keep one scale while it plays.
function cropSize(clip, camera) {
  const sides = Array.from({ length: clip.frames }, (_, frame) => bounds(camera, frame))
    .flatMap((ends) => ends.map(([low, high]) => high - low));
  return 1.2 * Math.max(range(sides)[1], 20);
}

function drawCamera(canvas, camera, frame, lit) {
  const { context, width, height } = prepare(canvas);
  const colors = palette();
  const scale = Math.min(width, height) / camera.cropSize;
  const [left, top] = bounds(camera, frame).map(([low, high]) => (low + high - camera.cropSize) / 2);
  context.fillStyle = colors.floor;
  context.fillRect(0, 0, width, height);
  context.fillStyle = colors.panel; // the image; what lies beyond its border stays darker
  context.fillRect(-left * scale, -top * scale, camera.width * scale, camera.height * scale);
  const points = data.skeleton.joints.map((_, joint) => {
    const [x, y] = joint2d(camera, frame, joint);
    return [(x - left) * scale, (y - top) * scale, 0];
  });
  drawSkeleton(context, points, lit, 2.4);
}

function drawMarks(canvas, frames, numFrames) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = palette().lit;
  for (const frame of frames) {
    context.fillRect((frame / Math.max(1, numFrames - 1)) * (width - 16) + 7, 0, Math.max(2, width / numFrames), height);
  }
}
