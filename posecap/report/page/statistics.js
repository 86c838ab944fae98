// Bars: frames by action, and how often each sentence is said.
const percent = (share) => (share > 0 && share < 0.001 ? "<0.1%" : `${(100 * share).toFixed(1)}%`);

function bar(label, share, text, line, onClick) {
  const row = document.createElement("button");
  row.className = "bar";
  row.append(Object.assign(document.createElement("span"), { textContent: label }));
  const track = document.createElement("i");
  const fill = track.appendChild(document.createElement("b"));
  fill.style.width = `${100 * share}%`;
  if (line !== null) track.appendChild(document.createElement("u")).style.left = `calc(${100 * line}% - 1px)`;
  row.append(track, Object.assign(document.createElement("em"), { textContent: text }));
  row.onclick = onClick;
  return row;
}

function showActions(chosen, choose) {
  const { actions } = data.statistics;
  const most = Math.max(...actions.map((one) => one.frames));
  const rows = actions.map((one) => bar(one.action, one.frames / most, one.frames.toLocaleString("en"), null,
    () => choose(one.action === chosen ? "" : one.action)));
  document.getElementById("actions").replaceChildren(...rows);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

function showSentences(action, query, search) {
  const { actions, said } = data.statistics;
  const places = actions.flatMap((one, index) => (action === "" || one.action === action ? [index] : []));
  const share = (counts, among) => sum(among.map((i) => counts[i])) / Math.max(1, sum(among.map((i) => actions[i].frames)));
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = said
    .filter((one) => words.every((word) => one.text.toLowerCase().includes(word)))
    .map((one) => [one.text, share(one.counts, places), share(one.counts, actions.map((_, index) => index))])
    .sort((a, b) => b[1] - a[1])
    .map(([text, here, overall]) => bar(text, here, percent(here), action === "" ? null : overall, () => search(text)));
  document.getElementById("sentences").replaceChildren(...rows);
  document.getElementById("scope").textContent = action === "" ? "of all actions" : `of ${action}`;
}
