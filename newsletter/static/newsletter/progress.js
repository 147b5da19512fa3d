// Keeps the progress of an announcement up to date, without reloading and without moving anything.
const EVERY = 2000; // milliseconds

const root = document.querySelector("[data-progress]");
const voice = document.querySelector("[data-progress-voice]");

const refresh = async () => {
  const answer = await fetch(root.dataset.url);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = root.querySelector(`[data-live="${part.dataset.live}"]`);
    if (old && old.dataset.version !== part.dataset.version) old.replaceWith(part);
  }
  // Heard only when something that matters has changed: a tenth more, or another state.
  const words = root.querySelector("[data-words]");
  if (words && voice.dataset.heard !== words.dataset.heard) {
    voice.dataset.heard = words.dataset.heard;
    voice.textContent = words.dataset.words;
  }
};

const tick = async () => {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The network is away: the next attempt follows.
  }
  if (root.querySelector("[data-moving]")) setTimeout(tick, EVERY);
};

if (root?.querySelector("[data-moving]")) setTimeout(tick, EVERY);
